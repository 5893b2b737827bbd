package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Queue struct {
	mu    sync.Mutex
	more  *sync.Cond
	items []int
}

var queue = &Queue{}

func (q *Queue) Pop() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 {
		q.more.Wait()
	}
	item := q.items[0]
	q.items = q.items[1:]
	return item
}

func (q *Queue) Push(item int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, item)
	q.more.Signal()
}

func main() {
	queue.more = sync.NewCond(&queue.mu)
	for range 5 {
		go queue.Pop()
	}
	capture.Blocked(5, "sync.Cond.Wait")
	queue.mu.Lock()
	for i := range 3 {
		go queue.Push(i)
	}
	capture.Blocked(3, "sync.Mutex.Lock")
	capture.Snapshot("")
	queue.mu.Unlock()
}
