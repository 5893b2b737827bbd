// Package ledger forgets to unlock an account when the booking is refused.
package ledger

import (
	"errors"
	"fmt"
	"sync"
)

var errFunds = errors.New("insufficient funds")

type account struct {
	mu      sync.Mutex
	balance int
}

func (a *account) withdraw(amount int) error {
	a.mu.Lock() //@leak("mutex-lock"), preferred("defer-unlock")
	if a.balance < amount {
		return errFunds
	}
	a.balance -= amount
	a.mu.Unlock()
	return nil
}

func Run() {
	a := &account{balance: 10}
	fmt.Println(a.withdraw(5))
	fmt.Println(a.withdraw(50))
	for range 4 {
		go a.withdraw(1)
	}
}
