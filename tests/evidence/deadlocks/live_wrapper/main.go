package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

type Table struct {
	mu   sync.Mutex
	rows int
}

var table = &Table{}

func (t *Table) acquire() *Table {
	t.mu.Lock()
	return t
}

func (t *Table) release() {
	t.mu.Unlock()
}

func (t *Table) Scan() {
	defer t.acquire().release()
	time.Sleep(time.Minute)
}

func main() {
	go table.Scan()
	capture.Blocked(1, "sleep")
	for range 5 {
		go table.Scan()
	}
	capture.Blocked(5, "sync.Mutex.Lock")
	capture.Write()
}
