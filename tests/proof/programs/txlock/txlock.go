// Package txlock keeps its lock from begin to commit: an early return that holds it is meant.
package txlock

import (
	"fmt"
	"sync"
	"time"
)

type store struct {
	mu     sync.Mutex
	closed bool
	rows   []string
}

func (s *store) begin() bool {
	s.mu.Lock() //@nofix("defer-unlock")
	if !s.closed {
		return true
	}
	s.mu.Unlock()
	return false
}

func (s *store) commit(row string) {
	s.rows = append(s.rows, row)
	s.mu.Unlock()
}

var (
	db   store
	held bool
)

func Run() {
	if held {
		db.commit("kept")
		time.Sleep(5 * time.Millisecond)
	}
	if db.begin() {
		db.commit("a")
	}
	fmt.Println(len(db.rows) > 0)
	// A long transaction, and one that waits for it.
	held = db.begin()
	go func() {
		if db.begin() {
			db.commit("b")
		}
	}()
	time.Sleep(5 * time.Millisecond)
}
