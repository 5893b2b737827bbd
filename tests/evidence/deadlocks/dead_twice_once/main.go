package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	once   sync.Once
	values map[string]int
)

func table() map[string]int {
	once.Do(load) //@deadlock
	return values
}

func load() {
	values = map[string]int{"a": 1}
	values["b"] = table()["a"] + 1
}

func main() {
	go table()
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
