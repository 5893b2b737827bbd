// Package crawler waits for workers that return early when a page is known.
package crawler

import (
	"fmt"
	"sync"
)

type crawler struct {
	wg   sync.WaitGroup
	mu   sync.Mutex
	seen map[string]bool
}

func (c *crawler) visit(url string) {
	c.mu.Lock()
	known := c.seen[url]
	c.seen[url] = true
	c.mu.Unlock()
	if known {
		return
	}
	c.wg.Done()
}

func (c *crawler) all(urls ...string) int {
	for _, url := range urls {
		c.wg.Add(1)
		go c.visit(url)
	}
	c.wg.Wait() //@leak("waitgroup-wait"), preferred("defer-done")
	return len(c.seen)
}

func Run() {
	c := &crawler{seen: map[string]bool{}}
	fmt.Println(c.all("a", "b"))
	go c.all("c", "c")
}
