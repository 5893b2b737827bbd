package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	mu    sync.Mutex
	lines = make(chan string)
)

func drain() (n int) {
	mu.Lock()
	defer mu.Unlock()
	for range lines { //@deadlock
		n++
	}
	return n
}

func finish() {
	mu.Lock() //@deadlock
	defer mu.Unlock()
	close(lines)
}

func main() {
	go drain()
	capture.Blocked(1, "chan receive")
	go finish()
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
