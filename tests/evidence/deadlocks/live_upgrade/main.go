package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

var (
	mu    sync.RWMutex
	cache = map[string]int{}
)

func lookup(key string) int {
	mu.RLock()
	v, ok := cache[key]
	mu.RUnlock()
	if ok {
		return v
	}
	mu.Lock()
	defer mu.Unlock()
	cache[key] = len(key)
	time.Sleep(time.Minute)
	return cache[key]
}

func main() {
	go lookup("a")
	capture.Blocked(1, "sleep")
	for range 10 {
		go lookup("b")
	}
	capture.Blocked(10, "sync.RWMutex.RLock")
	capture.Write()
}
