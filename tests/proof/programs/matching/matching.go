// Package matching locks the book of orders and the book of trades in two orders.
package matching

import (
	"fmt"
	"sync"
	"time"
)

var (
	ordersMu, tradesMu sync.Mutex
	orders, trades     int
)

func trade(ready chan<- bool) {
	ordersMu.Lock()
	defer ordersMu.Unlock()
	ready <- true
	time.Sleep(40 * time.Millisecond)
	tradesMu.Lock() //@leak("mutex-lock", "deadlock"), preferred("same-lock-order")
	defer tradesMu.Unlock()
	orders, trades = orders-1, trades+1
}

func cancel() {
	tradesMu.Lock()
	defer tradesMu.Unlock()
	ordersMu.Lock() //@leak("mutex-lock", "deadlock"), preferred("same-lock-order")
	defer ordersMu.Unlock()
	orders, trades = orders+1, trades-1
}

var once sync.Once

func Run() {
	once.Do(func() {
		ready := make(chan bool)
		go trade(ready)
		<-ready
		go cancel()
	})
	fmt.Println("matching")
}
