// Package reentrant locks a mutex that its caller holds: the calls must be taken apart.
package reentrant

import (
	"fmt"
	"sync"
)

type tree struct {
	mu    sync.Mutex
	nodes map[string]int
}

func (t *tree) size() int {
	t.mu.Lock() //@leak("mutex-lock"), redesign(), nofix("defer-unlock", "same-lock-order")
	defer t.mu.Unlock()
	return len(t.nodes)
}

func (t *tree) insert(name string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.nodes[name] = t.size()
	return t.nodes[name]
}

func Run() {
	t := &tree{nodes: map[string]int{}}
	go t.insert("a")
	fmt.Println("inserting")
}
