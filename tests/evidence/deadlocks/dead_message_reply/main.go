package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Server struct {
	mu       sync.Mutex
	requests chan chan int
	state    int
}

var server = &Server{requests: make(chan chan int, 1)}

func (s *Server) Ask() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply := make(chan int)
	s.requests <- reply
	return <-reply
}

type Worker struct {
	mu   sync.Mutex
	done chan struct{}
}

var worker = &Worker{done: make(chan struct{})}

func (w *Worker) Stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	<-w.done //@deadlock
}

func (w *Worker) run(started chan<- struct{}) {
	close(started)
	w.mu.Lock() //@deadlock
	w.mu.Unlock()
	close(w.done)
}

func main() {
	started := make(chan struct{})
	go worker.Stop()
	capture.Blocked(1, "chan receive")
	go worker.run(started)
	<-started
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
