// Package heldlock returns with the lock held on purpose: its caller unlocks.
package heldlock

import (
	"fmt"
	"sync"
)

type table struct {
	mu   sync.Mutex
	rows map[int]string
}

// lookup returns with the table locked when it found the row.
func (t *table) lookup(id int) (string, bool) {
	t.mu.Lock() //@leak("mutex-lock"), nofix("defer-unlock"), redesign()
	row, ok := t.rows[id]
	if ok {
		return row, true
	}
	t.mu.Unlock()
	return "", false
}

func (t *table) done() { t.mu.Unlock() }

func show(t *table, id int, forget bool) string {
	row, ok := t.lookup(id)
	if ok && !forget {
		t.done()
	}
	return row
}

func Run() {
	t := &table{rows: map[int]string{1: "one"}}
	fmt.Println(show(t, 1, false), show(t, 2, false))
	fmt.Println(show(t, 1, true))
	go show(t, 1, false)
}
