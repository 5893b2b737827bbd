package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Ledger struct {
	mu    sync.Mutex
	audit *Audit
	sum   int
}

type Audit struct {
	mu     sync.Mutex
	ledger *Ledger
	lines  int
}

var (
	ledger = &Ledger{}
	audit  = &Audit{ledger: ledger}
	both   sync.WaitGroup
)

func (l *Ledger) Book(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sum += n
	meet()
	l.audit.note()
}

func (l *Ledger) total() int {
	l.mu.Lock() //@deadlock
	defer l.mu.Unlock()
	return l.sum
}

func (a *Audit) note() {
	a.mu.Lock() //@deadlock
	defer a.mu.Unlock()
	a.lines++
}

func (a *Audit) Report() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	meet()
	return a.ledger.total()
}

func meet() {
	both.Done()
	both.Wait()
}

func main() {
	ledger.audit = audit
	both.Add(2)
	go ledger.Book(1)
	go audit.Report()
	capture.Blocked(2, "sync.Mutex.Lock")
	capture.Write()
}
