package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Link struct {
	mu   sync.Mutex
	next *Link
	n    int
}

var head *Link

func visit() {
	at := head
	at.mu.Lock()
	for at.next != nil {
		next := at.next
		next.mu.Lock()
		for range 100 {
			next.n++
		}
		at.mu.Unlock()
		at = next
	}
	at.mu.Unlock()
}

func main() {
	for range 8 {
		head = &Link{next: head}
	}
	for range 30 {
		go func() {
			for {
				visit()
			}
		}()
	}
	capture.Blocked(10, "sync.Mutex.Lock")
	capture.Write()
}
