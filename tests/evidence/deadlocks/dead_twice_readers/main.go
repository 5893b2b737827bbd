package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Tree struct {
	mu    sync.RWMutex
	nodes map[string][]string
}

var (
	tree    = &Tree{nodes: map[string][]string{"a": {"b"}, "b": nil}}
	reading = make(chan struct{})
	writing = make(chan struct{})
)

func (t *Tree) Depth(name string) int {
	t.mu.RLock() //@deadlock
	defer t.mu.RUnlock()
	if name == "a" {
		close(reading)
		<-writing
	}
	deepest := 0
	for _, child := range t.nodes[name] {
		deepest = max(deepest, t.Depth(child))
	}
	return deepest + 1
}

func (t *Tree) Add(name string) {
	t.mu.Lock() //@deadlock
	defer t.mu.Unlock()
	t.nodes[name] = nil
}

func main() {
	go tree.Depth("a")
	<-reading
	go tree.Add("c")
	capture.Blocked(1, "sync.RWMutex.Lock")
	close(writing)
	capture.Blocked(1, "sync.RWMutex.RLock")
	capture.Write()
}
