// Package shutdown has a worker whose clean-up must run: it may not return in the middle.
package shutdown

import (
	"context"
	"fmt"
	"sync"
)

type store struct {
	mu   sync.Mutex
	open int
}

func (s *store) session(ctx context.Context, commands <-chan string) {
	s.mu.Lock()
	s.open++
	s.mu.Unlock()
	for command := range commands { //@leak("chan-range"), unsafe("done-case"), unsafe("timeout-case")
		_ = command
	}
	s.mu.Lock()
	s.open--
	s.mu.Unlock()
	done.Done()
}

var done sync.WaitGroup

func Run() {
	s := &store{}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done.Add(1)
	go s.session(ctx, make(chan string))
	fmt.Println("one session")
}
