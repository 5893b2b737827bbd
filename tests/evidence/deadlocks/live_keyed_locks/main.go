package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

type Keyed struct {
	mu    sync.Mutex
	locks map[string]*sync.Mutex
}

var keyed = &Keyed{locks: map[string]*sync.Mutex{}}

func (k *Keyed) lock(key string) *sync.Mutex {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.locks[key] == nil {
		k.locks[key] = &sync.Mutex{}
	}
	return k.locks[key]
}

func update(first, second string) {
	one := keyed.lock(first)
	one.Lock()
	defer one.Unlock()
	two := keyed.lock(second)
	two.Lock()
	defer two.Unlock()
	time.Sleep(time.Minute)
}

func main() {
	go update("a", "b")
	capture.Blocked(1, "sleep")
	go update("c", "a")
	capture.Blocked(1, "sync.Mutex.Lock")
	go update("d", "c")
	capture.Blocked(2, "sync.Mutex.Lock")
	capture.Write()
}
