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

func produce() {
	mu.Lock()
	total++
	events <- 1 //@deadlock
	mu.Unlock()
}

func main() {
	go produce()
	capture.Blocked(1, "chan send")
	go consume()
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
