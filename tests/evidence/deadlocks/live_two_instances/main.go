package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

type Store struct {
	mu      sync.Mutex
	replica *Store
	data    map[string]string
}

var (
	backup  = &Store{data: map[string]string{}}
	primary = &Store{data: map[string]string{}, replica: backup}
)

func (s *Store) Put(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data[key] = value
	if s.replica != nil {
		s.replica.Put(key, value)
		return
	}
	time.Sleep(time.Second)
}

func main() {
	for range 6 {
		go primary.Put("a", "b")
		go backup.Put("c", "d")
	}
	capture.Blocked(11, "sync.Mutex.Lock")
	capture.Write()
}
