// Package filewatch makes a watcher for each request and stops none of them.
package filewatch

import "fmt"

type watcher struct {
	events chan string
	seen   chan int
	stop   chan struct{}
}

func newWatcher(path string) (*watcher, error) {
	if path == "" {
		return nil, fmt.Errorf("no path")
	}
	w := &watcher{make(chan string), make(chan int), make(chan struct{})}
	go w.loop()
	return w, nil
}

func (w *watcher) loop() {
	n := 0
	for {
		select { //@leak("select"), preferred("defer-stop")
		case <-w.events:
			n++
			w.seen <- n
		case <-w.stop:
			return
		}
	}
}

func (w *watcher) Stop() { close(w.stop) }

func changes(path string, events ...string) (n int, err error) {
	w, err := newWatcher(path)
	if err != nil {
		return 0, err
	}
	for _, event := range events {
		w.events <- event
		n = <-w.seen
	}
	return n, nil
}

func Run() {
	fmt.Println(changes("/a", "write", "chmod"))
	fmt.Println(changes(""))
	fmt.Println(changes("/b", "write"))
}
