// Package transfer locks two accounts in the order in which they are named.
package transfer

import (
	"fmt"
	"sync"
	"time"
)

type bank struct {
	cash, credit sync.Mutex
	a, b         int
}

func (k *bank) toCredit(n int) {
	k.cash.Lock()
	defer k.cash.Unlock()
	time.Sleep(40 * time.Millisecond)
	k.credit.Lock() //@leak("mutex-lock"), preferred("same-lock-order")
	defer k.credit.Unlock()
	k.a, k.b = k.a-n, k.b+n
}

func (k *bank) toCash(n int) {
	k.credit.Lock()
	k.cash.Lock() //@leak("mutex-lock"), preferred("same-lock-order")
	k.a, k.b = k.a+n, k.b-n
	k.cash.Unlock()
	k.credit.Unlock()
}

func Run() {
	k := &bank{a: 10, b: 10}
	go k.toCredit(1)
	time.Sleep(5 * time.Millisecond)
	go k.toCash(1)
	fmt.Println("two transfers")
}
