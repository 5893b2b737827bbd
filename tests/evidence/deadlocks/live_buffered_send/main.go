package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

var (
	mu     sync.Mutex
	events = make(chan int, 1)
	total  int
)

func produce() {
	for i := 0; ; i++ {
		mu.Lock()
		total += i
		events <- i
		mu.Unlock()
	}
}

func consume() {
	for range events {
		time.Sleep(50 * time.Millisecond)
	}
}

func watch() {
	for {
		mu.Lock()
		total--
		mu.Unlock()
	}
}

func main() {
	go consume()
	go produce()
	go watch()
	capture.Blocked(1, "chan send")
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
