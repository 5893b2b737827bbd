package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

var (
	mu     sync.Mutex
	events = make(chan int)
	total  int
)

func produce() {
	for i := 0; ; i++ {
		mu.Lock()
		total += i
		events <- i
		mu.Unlock()
	}
}

func consumeLocked() {
	for {
		mu.Lock()
		total--
		mu.Unlock()
		<-events
	}
}

func consumeFree() {
	for {
		time.Sleep(100 * time.Millisecond)
		<-events
	}
}

func main() {
	go consumeFree()
	go produce()
	capture.Blocked(1, "chan send")
	go consumeLocked()
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
