// Package batchlock has helpers that lock and unlock for their callers.
package batchlock

import (
	"fmt"
	"sync"
)

type ledger struct {
	mu      sync.Mutex
	entries []int
}

func (l *ledger) begin()  { l.mu.Lock() }
func (l *ledger) commit() { l.mu.Unlock() }

func (l *ledger) add(v int) {
	l.begin()
	l.entries = append(l.entries, v)
	l.commit()
}

func (l *ledger) sum() (sum int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range l.entries {
		sum += v
	}
	return sum
}

var (
	held  ledger
	first = true
)

func Run() {
	var l ledger
	l.add(1)
	l.add(2)
	fmt.Println(l.sum())
	if first {
		first = false
		held.begin()
		go held.sum()
	}
}
