package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	mu    sync.RWMutex
	cache = map[string]int{}
)

func lookup(key string) int {
	mu.RLock()
	defer mu.RUnlock()
	if v, ok := cache[key]; ok {
		return v
	}
	mu.Lock() //@deadlock
	defer mu.Unlock()
	cache[key] = len(key)
	return cache[key]
}

func main() {
	go lookup("key")
	capture.Blocked(1, "sync.RWMutex.Lock")
	capture.Write()
}
