// Package gracefulstop locks where it meant to unlock when it was stopped before.
package gracefulstop

import (
	"fmt"
	"sync"
)

type server struct {
	mu    sync.Mutex
	drain bool
	conns int
}

func (s *server) stop() {
	s.mu.Lock()
	if s.drain {
		s.mu.Lock() //@leak("mutex-lock"), preferred("unlock-instead")
		return
	}
	s.drain = true
	s.conns = 0
	s.mu.Unlock()
}

func Run() {
	s := &server{conns: 2}
	s.stop()
	go s.stop()
	fmt.Println("stopping again")
}
