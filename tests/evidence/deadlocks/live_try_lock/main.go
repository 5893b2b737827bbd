package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

var a, b sync.Mutex

func both() {
	for {
		a.Lock()
		if b.TryLock() {
			b.Unlock()
		}
		a.Unlock()
	}
}

func reverse() {
	for {
		b.Lock()
		if a.TryLock() {
			a.Unlock()
		}
		b.Unlock()
	}
}

func main() {
	for range 20 {
		go both()
		go reverse()
	}
	time.Sleep(20 * time.Millisecond)
	capture.Write()
}
