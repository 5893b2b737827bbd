package main

import (
	"fmt"
	"sync"

	"example.com/deadlocks/capture"
)

type Registry struct {
	mu    sync.Mutex
	names map[string]int
}

type Hub struct {
	mu       sync.Mutex
	registry *Registry
}

var (
	registry = &Registry{names: map[string]int{}}
	hub      = &Hub{registry: registry}
	both     sync.WaitGroup
)

func (h *Hub) Attach(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	both.Done()
	both.Wait()
	h.registry.mu.Lock() //@deadlock
	defer h.registry.mu.Unlock()
	h.registry.names[name]++
}

func (r *Registry) Sweep(h *Hub) {
	r.mu.Lock()
	defer r.mu.Unlock()
	both.Done()
	both.Wait()
	h.mu.Lock() //@deadlock
	defer h.mu.Unlock()
	clear(r.names)
}

func (r *Registry) Count(name string) int {
	r.mu.Lock() //@deadlock
	defer r.mu.Unlock()
	return r.names[name]
}

func main() {
	both.Add(2)
	go hub.Attach("a")
	go registry.Sweep(hub)
	capture.Blocked(2, "sync.Mutex.Lock")
	for i := range 40 {
		go registry.Count(fmt.Sprint(i))
	}
	capture.Blocked(42, "sync.Mutex.Lock")
	capture.Write()
}
