package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	config, state sync.Mutex
	both          sync.WaitGroup
)

func reload() {
	config.Lock()
	defer config.Unlock()
	for range 1 {
		apply()
	}
}

func apply() {
	both.Done()
	both.Wait()
	func() {
		state.Lock() //@deadlock
		defer state.Unlock()
	}()
}

func tick() {
	state.Lock()
	both.Done()
	both.Wait()
	if n := limit(); n > 3 {
		state.Unlock()
		return
	}
	state.Unlock()
}

func limit() int {
	config.Lock() //@deadlock
	defer config.Unlock()
	return 5
}

func main() {
	both.Add(2)
	go reload()
	go tick()
	capture.Blocked(2, "sync.Mutex.Lock")
	capture.Write()
}
