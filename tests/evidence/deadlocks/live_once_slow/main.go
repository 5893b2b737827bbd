package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

var (
	once   sync.Once
	values map[string]int
)

func table() map[string]int {
	once.Do(load)
	return values
}

func load() {
	time.Sleep(time.Minute)
	values = map[string]int{"a": 1}
}

func main() {
	go table()
	capture.Blocked(1, "sleep")
	for range 10 {
		go table()
	}
	capture.Blocked(10, "sync.Mutex.Lock")
	capture.Write()
}
