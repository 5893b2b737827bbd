package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

type Config struct {
	mu     sync.Mutex
	values map[string]string
}

var config = &Config{values: map[string]string{}}

func (c *Config) Reload() {
	c.mu.Lock()
	defer c.mu.Unlock()
	time.Sleep(time.Minute)
	c.values["a"] = "b"
}

func (c *Config) Get(key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.values[key]
}

func main() {
	go config.Reload()
	capture.Blocked(1, "sleep")
	for range 30 {
		go config.Get("a")
	}
	capture.Blocked(30, "sync.Mutex.Lock")
	capture.Write()
}
