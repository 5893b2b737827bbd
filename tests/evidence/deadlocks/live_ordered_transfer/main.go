package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Account struct {
	id      int
	mu      sync.Mutex
	balance int
}

var accounts = []*Account{{id: 0}, {id: 1}, {id: 2}, {id: 3}}

func transfer(from, to *Account, amount int) {
	first, second := from, to
	if first.id > second.id {
		first, second = second, first
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	second.mu.Lock()
	defer second.mu.Unlock()
	for range 1000 {
		from.balance -= amount
		to.balance += amount
	}
}

func main() {
	for i := range 40 {
		go func() {
			for n := i; ; n++ {
				transfer(accounts[n%4], accounts[(n*7+1)%4^2], 1)
			}
		}()
	}
	capture.Blocked(10, "sync.Mutex.Lock")
	capture.Write()
}
