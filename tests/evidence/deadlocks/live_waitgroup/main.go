package main

import (
	"sync"
	"time"

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
	time.Sleep(time.Minute)
}

func (p *Pool) Shutdown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tasks.Wait()
}

func (p *Pool) Status() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

func main() {
	pool.tasks.Add(3)
	for range 3 {
		go pool.work()
	}
	go pool.Shutdown()
	capture.Blocked(1, "sync.WaitGroup.Wait")
	for range 5 {
		go pool.Status()
	}
	capture.Blocked(5, "sync.Mutex.Lock")
	capture.Write()
}
