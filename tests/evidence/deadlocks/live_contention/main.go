package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	mu    sync.Mutex
	count int
)

func spin() {
	for {
		mu.Lock()
		for range 1000 {
			count++
		}
		mu.Unlock()
	}
}

func main() {
	for range 50 {
		go spin()
	}
	capture.Blocked(10, "sync.Mutex.Lock")
	capture.Write()
}
