package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	gate, left, right sync.Mutex
	work              int
)

func leftRight() {
	gate.Lock()
	defer gate.Unlock()
	left.Lock()
	defer left.Unlock()
	right.Lock()
	defer right.Unlock()
	for range 1000 {
		work++
	}
}

func rightLeft() {
	gate.Lock()
	defer gate.Unlock()
	right.Lock()
	defer right.Unlock()
	left.Lock()
	defer left.Unlock()
	for range 1000 {
		work--
	}
}

func main() {
	for range 20 {
		go func() {
			for {
				leftRight()
			}
		}()
		go func() {
			for {
				rightLeft()
			}
		}()
	}
	capture.Blocked(10, "sync.Mutex.Lock")
	capture.Write()
}
