package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	mu    sync.Mutex
	ready = map[int]bool{1: true}
)

func visit(numbers []int) (n int) {
	for _, number := range numbers {
		mu.Lock() //@deadlock
		if !ready[number] {
			continue
		}
		n++
		mu.Unlock()
	}
	return n
}

func main() {
	go visit([]int{1, 2, 3})
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
