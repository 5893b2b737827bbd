// Package evictor watches what it has cached, and stops a watch when the entry goes.
package evictor

import "fmt"

type watch struct {
	changes chan string
	stop    chan struct{}
	ended   chan struct{}
}

func newWatch() *watch {
	w := &watch{make(chan string), make(chan struct{}), make(chan struct{})}
	go w.loop()
	return w
}

func (w *watch) loop() {
	defer close(w.ended)
	for {
		select { //@nofix("defer-stop", "stop-channel"), unsafe("timeout-case")
		case <-w.changes:
		case <-w.stop:
			return
		}
	}
}

func (w *watch) Stop() {
	close(w.stop)
	<-w.ended
}

type cache struct {
	entries map[string]*watch
	keys    []string
}

func (c *cache) put(key string) {
	w := newWatch()
	w.changes <- key
	c.entries[key] = w
	c.keys = append(c.keys, key)
	if len(c.keys) > 2 {
		old := c.keys[0]
		c.keys = c.keys[1:]
		c.entries[old].Stop()
		delete(c.entries, old)
	}
}

var (
	kept = cache{entries: map[string]*watch{}}
	runs int
)

func Run() {
	runs++
	for _, name := range []string{"a", "b", "c"} {
		kept.put(fmt.Sprint(name, runs))
	}
	fmt.Println(len(kept.entries))
}
