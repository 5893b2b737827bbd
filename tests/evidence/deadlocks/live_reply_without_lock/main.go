package main

import (
	"sync"
	"time"

	"example.com/deadlocks/capture"
)

type Client struct {
	mu      sync.Mutex
	replies chan int
	calls   int
}

var client = &Client{replies: make(chan int)}

func (c *Client) Call() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	return <-c.replies
}

func (c *Client) receive() {
	for {
		time.Sleep(200 * time.Millisecond)
		c.replies <- 1
	}
}

func main() {
	go client.receive()
	for range 10 {
		go client.Call()
	}
	capture.Blocked(9, "sync.Mutex.Lock")
	capture.Write()
}
