package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Counter struct {
	sync.Mutex
	values map[string]int
}

var counter = &Counter{values: map[string]int{}}

func (c *Counter) value(name string) int {
	c.Lock() //@deadlock
	defer c.Unlock()
	return c.values[name]
}

func bump(c *Counter, name string) {
	c.Lock()
	c.values[name] = c.value(name) + 1
	c.Unlock()
}

func main() {
	go bump(counter, "x")
	capture.Blocked(1, "sync.Mutex.Lock")
	capture.Write()
}
