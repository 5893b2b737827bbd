package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Queue struct {
	mu    sync.Mutex
	items []int
}

var queue = &Queue{}

func (q *Queue) Len() int {
	q.mu.Lock() //@deadlock
	defer q.mu.Unlock()
	return len(q.items)
}

func (q *Queue) Push(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.Len() < 10 {
		q.items = append(q.items, n)
	}
}

func main() {
	go queue.Push(1)
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
