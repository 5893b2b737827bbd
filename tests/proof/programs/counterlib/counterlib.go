// Package counterlib has a method that locks and never unlocks.
package counterlib

import (
	"fmt"
	"sync"
)

type hits struct {
	mu sync.Mutex
	n  map[string]int
}

func newHits() *hits { return &hits{n: map[string]int{}} }

func (h *hits) reset() {
	h.mu.Lock()
	clear(h.n)
}

func (h *hits) add(path string) int {
	h.mu.Lock() //@leak("mutex-lock"), preferred("defer-unlock")
	defer h.mu.Unlock()
	h.n[path]++
	return h.n[path]
}

func Run() {
	h := newHits()
	fmt.Println(h.add("/"), h.add("/"))
	h.reset()
	for range 3 {
		go h.add("/late")
	}
}
