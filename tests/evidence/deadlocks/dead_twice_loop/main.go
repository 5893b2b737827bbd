package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	mu   sync.Mutex
	seen = map[int]bool{}
)

func markAll(numbers []int) {
	for _, n := range numbers {
		mu.Lock() //@deadlock
		defer mu.Unlock()
		seen[n] = true
	}
}

func main() {
	go markAll([]int{1, 2, 3})
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
