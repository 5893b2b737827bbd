package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Account struct {
	mu      sync.Mutex
	balance int
}

var (
	accounts = []*Account{{balance: 10}, {balance: 20}}
	both     sync.WaitGroup
)

func transfer(from, to *Account, amount int) {
	from.mu.Lock()
	defer from.mu.Unlock()
	both.Done()
	both.Wait()
	to.mu.Lock() //@deadlock
	defer to.mu.Unlock()
	from.balance -= amount
	to.balance += amount
}

func main() {
	both.Add(2)
	go transfer(accounts[0], accounts[1], 1)
	go transfer(accounts[1], accounts[0], 2)
	capture.Blocked(2, "sync.Mutex.Lock")
	capture.Write()
}
