package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

var (
	users, sessions sync.Mutex
	ready           sync.WaitGroup
)

func login() {
	users.Lock()
	defer users.Unlock()
	ready.Done()
	ready.Wait()
	sessions.Lock() //@deadlock
	defer sessions.Unlock()
}

func expire() {
	sessions.Lock()
	defer sessions.Unlock()
	ready.Done()
	ready.Wait()
	users.Lock() //@deadlock
	defer users.Unlock()
}

func main() {
	ready.Add(2)
	go login()
	go expire()
	capture.Blocked(2, "sync.Mutex.Lock")
	capture.Write()
}
