package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	a, b, c sync.Mutex
	all     sync.WaitGroup
)

func hold(first *sync.Mutex) {
	_ = first
	all.Done()
	all.Wait()
}

func ab() {
	a.Lock()
	hold(nil)
	b.Lock() //@deadlock
	b.Unlock()
	a.Unlock()
}

func bc() {
	b.Lock()
	hold(nil)
	c.Lock() //@deadlock
	c.Unlock()
	b.Unlock()
}

func ca() {
	c.Lock()
	hold(nil)
	a.Lock() //@deadlock
	a.Unlock()
	c.Unlock()
}

func main() {
	all.Add(3)
	go ab()
	go bc()
	go ca()
	capture.Blocked(3, "sync.Mutex.Lock")
	capture.Write()
}
