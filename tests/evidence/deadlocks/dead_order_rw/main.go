package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Cache struct {
	mu    sync.RWMutex
	items map[string]string
}

type Store struct {
	sync.RWMutex
	cache *Cache
}

var (
	store = &Store{cache: &Cache{items: map[string]string{}}}
	both  sync.WaitGroup
)

func (s *Store) Get(key string) string {
	s.RLock()
	defer s.RUnlock()
	both.Done()
	both.Wait()
	s.cache.mu.RLock() //@deadlock
	defer s.cache.mu.RUnlock()
	return s.cache.items[key]
}

func (s *Store) Flush() {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	both.Done()
	both.Wait()
	s.Lock() //@deadlock
	defer s.Unlock()
	clear(s.cache.items)
}

func main() {
	both.Add(2)
	go store.Get("k")
	go store.Flush()
	capture.Blocked(1, "sync.RWMutex.RLock")
	capture.Blocked(1, "sync.RWMutex.Lock")
	capture.Write()
}
