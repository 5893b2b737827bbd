// Package baton hands over and notes when it was taken: with a buffer it would note that too early.
package baton

import (
	"fmt"
	"sync"
	"time"
)

type course struct {
	mu    sync.Mutex
	notes []string
}

func (c *course) note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, text)
}

func (c *course) run(leg int) func() {
	passing := make(chan int)
	go func() {
		defer c.note(fmt.Sprint("taken ", leg))
		c.note(fmt.Sprint("ready ", leg))
		passing <- leg //@unsafe("buffer-of-one", "stop-channel", "timeout-case")
	}()
	return func() { <-passing }
}

var waiting func()

func Run() {
	var c course
	take := c.run(1)
	time.Sleep(5 * time.Millisecond)
	c.note("arrived")
	take()
	time.Sleep(5 * time.Millisecond)
	c.mu.Lock()
	fmt.Println(c.notes)
	c.mu.Unlock()
	if waiting != nil {
		waiting()
	}
	// The next race begins where this one ends.
	waiting = c.run(2)
}
