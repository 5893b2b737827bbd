// Package sessions keeps one goroutine a session, which waits for input that never comes.
package sessions

import (
	"context"
	"fmt"
	"sync/atomic"
)

type session struct {
	id    int
	input chan string
}

var served atomic.Int64

func (s *session) serve(ctx context.Context) {
	for message := range s.input { //@leak("chan-range"), cured("done-case")
		_ = message
		served.Add(1)
	}
}

func open(ctx context.Context, id int) *session {
	s := &session{id: id, input: make(chan string)}
	go s.serve(ctx)
	return s
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	for id := range 4 {
		open(ctx, id).input <- "hello"
	}
	cancel()
	fmt.Println("four sessions")
}
