package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Bus struct {
	mu       sync.Mutex
	handlers []func(string)
}

var bus = &Bus{}

func (b *Bus) On(f func(string)) {
	b.mu.Lock() //@deadlock
	defer b.mu.Unlock()
	b.handlers = append(b.handlers, f)
}

func (b *Bus) Emit(event string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, handle := range b.handlers {
		handle(event)
	}
}

func main() {
	bus.On(func(event string) {
		bus.On(func(string) {})
	})
	go bus.Emit("start")
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
