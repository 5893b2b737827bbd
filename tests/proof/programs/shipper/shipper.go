// Package shipper counts and sends under one lock, which the receiver takes between two messages.
package shipper

import (
	"fmt"
	"sync"
	"time"
)

type shipper struct {
	mu   sync.Mutex
	sent int
	out  chan int
}

func (s *shipper) ship(v int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	if v < 0 {
		return
	}
	s.out <- v //@leak("chan-send")
}

func (s *shipper) count() int {
	s.mu.Lock() //@leak("mutex-lock"), cured("unlock-before"), nofix("defer-unlock")
	defer s.mu.Unlock()
	return s.sent
}

func (s *shipper) unload(n int) {
	for range n {
		<-s.out
		time.Sleep(20 * time.Millisecond)
		s.count()
	}
}

func exchange(n int) int {
	s := &shipper{out: make(chan int)}
	s.ship(-1)
	go s.unload(n)
	for v := range n {
		go s.ship(v)
	}
	return n
}

func Run() {
	fmt.Println(exchange(2), "are shipped")
}
