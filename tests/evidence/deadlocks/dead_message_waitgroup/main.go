package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Pool struct {
	mu    sync.Mutex
	tasks sync.WaitGroup
	done  int
}

var pool = &Pool{}

func (p *Pool) work() {
	defer p.tasks.Done()
	p.mu.Lock() //@deadlock
	defer p.mu.Unlock()
	p.done++
}

func (p *Pool) Shutdown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tasks.Wait() //@deadlock
}

func main() {
	pool.tasks.Add(3)
	go pool.Shutdown()
	capture.Blocked(1, "sync.WaitGroup.Wait")
	for range 3 {
		go pool.work()
	}
	capture.Blocked(3, "sync.Mutex.Lock")
	capture.Write()
}
