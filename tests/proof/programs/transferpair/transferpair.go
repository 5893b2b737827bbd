// Package transferpair locks two values of one type: only an order of the values would help.
package transferpair

import (
	"fmt"
	"sync"
	"time"
)

type account struct {
	mu      sync.Mutex
	balance int
}

func transfer(from, to *account, n int) {
	from.mu.Lock()
	defer from.mu.Unlock()
	time.Sleep(40 * time.Millisecond)
	to.mu.Lock() //@leak("mutex-lock"), nofix("same-lock-order", "defer-unlock"), redesign()
	defer to.mu.Unlock()
	from.balance, to.balance = from.balance-n, to.balance+n
}

func Run() {
	a, b := &account{balance: 5}, &account{balance: 5}
	go transfer(a, b, 1)
	go transfer(b, a, 1)
	fmt.Println("transferring")
}
