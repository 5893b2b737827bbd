package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

type Node struct {
	mu    sync.Mutex
	child *Node
	value int
}

var root = &Node{child: &Node{child: &Node{}}}

func (n *Node) Sum() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.child == nil {
		time.Sleep(time.Minute)
		return n.value
	}
	return n.value + n.child.Sum()
}

func main() {
	go root.Sum()
	capture.Blocked(1, "sleep")
	go root.child.child.Sum()
	go root.child.Sum()
	go root.Sum()
	capture.Blocked(3, "sync.Mutex.Lock")
	capture.Write()
}
