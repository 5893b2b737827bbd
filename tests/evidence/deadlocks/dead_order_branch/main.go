package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	index, journal sync.Mutex
	both           sync.WaitGroup
)

func put(sync bool) {
	index.Lock()
	defer index.Unlock()
	if !sync {
		return
	}
	both.Done()
	both.Wait()
	journal.Lock() //@deadlock
	journal.Unlock()
}

func compact(full bool) {
	switch {
	case full:
		journal.Lock()
		both.Done()
		both.Wait()
		index.Lock() //@deadlock
		index.Unlock()
		journal.Unlock()
	default:
		journal.Lock()
		journal.Unlock()
	}
}

func main() {
	both.Add(2)
	go put(true)
	go compact(true)
	capture.Blocked(2, "sync.Mutex.Lock")
	capture.Write()
}
