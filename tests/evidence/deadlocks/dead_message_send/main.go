package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	mu     sync.Mutex
	events = make(chan int)
	total  int
)

func consume() {
	for {
		mu.Lock() //@deadlock
		total--
		mu.Unlock()
		<-events
	}
}

// produce takes over the lock that main has taken for it, so that the consumer comes second.
func produce() {
	mu.Unlock()
	mu.Lock()
	total++
	events <- 1 //@deadlock
	mu.Unlock()
}

func main() {
	mu.Lock()
	go consume()
	capture.Blocked(1, "sync.Mutex.Lock")
	go produce()
	capture.Blocked(1, "chan send")
	capture.Write()
}
