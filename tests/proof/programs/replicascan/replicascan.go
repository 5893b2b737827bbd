// Package replicascan asks its replicas under a read lock that each of them takes again, while a writer waits.
package replicascan

import (
	"fmt"
	"sync"
	"time"
)

type store struct {
	mu       sync.RWMutex
	replicas map[int]*replica
}

type replica struct {
	store *store
	id    int
}

func (s *store) scan() {
	s.mu.RLock()
	for _, r := range s.replicas {
		r.check()
	}
	s.mu.RUnlock()
}

func (r *replica) check() {
	time.Sleep(20 * time.Millisecond)
	r.store.mu.RLock() //@leak("rwmutex-rlock"), cured("unlock-before")
	defer r.store.mu.RUnlock()
	if r.store.replicas[r.id] != r {
		fmt.Println("replaced")
	}
}

func (s *store) add(id int) {
	s.mu.Lock() //@leak("rwmutex-lock"), cured("unlock-before")
	defer s.mu.Unlock()
	s.replicas[id] = &replica{s, id}
}

func Run() {
	s := &store{replicas: map[int]*replica{}}
	s.add(1)
	s.add(2)
	go s.scan()
	time.Sleep(5 * time.Millisecond)
	go s.add(3)
	fmt.Println("scanning")
}
