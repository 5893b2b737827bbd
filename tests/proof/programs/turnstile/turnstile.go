// Package turnstile locks a second time on purpose: it waits there until it is let through.
package turnstile

import (
	"fmt"
	"sync"
)

type turnstile struct {
	mu     sync.Mutex
	passed int
}

func (t *turnstile) pass(waits bool) {
	t.mu.Lock()
	if waits {
		t.mu.Lock() //@nofix("unlock-instead", "defer-unlock", "unlock-before")
		return
	}
	t.passed++
	t.mu.Unlock()
}

func (t *turnstile) letThrough() { t.mu.Unlock() }

var last *turnstile

func Run() {
	t := &turnstile{}
	t.pass(false)
	entered := make(chan struct{})
	go func() {
		defer close(entered)
		t.pass(true)
	}()
	for t.mu.TryLock() {
		t.mu.Unlock()
	}
	t.letThrough()
	<-entered
	fmt.Println(t.passed, "passed")
	last = &turnstile{}
	go last.pass(true)
}
