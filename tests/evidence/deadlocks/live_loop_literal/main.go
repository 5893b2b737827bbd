package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

var (
	mu   sync.Mutex
	seen = map[int]bool{}
)

func markAll(numbers []int) {
	for _, n := range numbers {
		func() {
			mu.Lock()
			defer mu.Unlock()
			seen[n] = true
		}()
		if n == 2 {
			mu.Lock()
			time.Sleep(time.Minute)
			mu.Unlock()
		}
	}
}

func main() {
	go markAll([]int{1, 2, 3})
	capture.Blocked(1, "sleep")
	for range 3 {
		go markAll([]int{1, 3})
	}
	capture.Blocked(3, "sync.Mutex.Lock")
	capture.Write()
}
