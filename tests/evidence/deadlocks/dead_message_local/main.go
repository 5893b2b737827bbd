package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

func main() {
	var mu sync.Mutex
	results := make(chan int)
	go func() {
		mu.Lock()
		defer mu.Unlock()
		results <- 1 //@deadlock
	}()
	capture.Blocked(1, "chan send")
	go func() {
		mu.Lock() //@deadlock
		defer mu.Unlock()
		<-results
	}()
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Snapshot("")
	mu.TryLock()
}
