package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Broker struct {
	mu          sync.Mutex
	subscribers int
	publish     chan string
	quit        chan struct{}
}

var broker = &Broker{publish: make(chan string), quit: make(chan struct{})}

func (b *Broker) Publish(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select { //@deadlock
	case b.publish <- text:
	case <-b.quit:
	}
}

func (b *Broker) Subscribe() string {
	b.mu.Lock() //@deadlock
	b.subscribers++
	b.mu.Unlock()
	return <-b.publish
}

func (b *Broker) Stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.quit)
}

func main() {
	go broker.Publish("hello")
	capture.Blocked(1, "select")
	go broker.Subscribe()
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
