package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Tree struct {
	mu       sync.RWMutex
	children []*Tree
}

var (
	root = &Tree{children: []*Tree{{}, {}}}
	hold = make(chan struct{})
)

func (t *Tree) Walk() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n := 1
	for _, child := range t.children {
		n += child.Walk()
	}
	<-hold
	return n
}

func (t *Tree) Add() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.children = append(t.children, &Tree{})
}

func main() {
	for range 5 {
		go root.Walk()
	}
	capture.Blocked(5, "chan receive")
	go root.Add()
	capture.Blocked(1, "sync.RWMutex.Lock")
	capture.Snapshot("")
	close(hold)
}
