package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

type Bus struct {
	mu       sync.Mutex
	handlers []func(string)
}

var bus = &Bus{}

func (b *Bus) On(f func(string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handlers = append(b.handlers, f)
}

func (b *Bus) Emit(event string) {
	b.mu.Lock()
	handlers := b.handlers
	b.mu.Unlock()
	for _, handle := range handlers {
		handle(event)
	}
}

func (b *Bus) Slow() {
	b.mu.Lock()
	time.Sleep(time.Minute)
	b.mu.Unlock()
}

func main() {
	bus.On(func(event string) {
		go bus.Slow()
		capture.Blocked(1, "sleep")
		bus.On(func(string) {})
	})
	go bus.Emit("start")
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
