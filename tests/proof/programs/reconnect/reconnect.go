// Package reconnect tries again and again, though its client has gone.
package reconnect

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

type client struct {
	ctx   context.Context
	tries atomic.Int64
}

func (c *client) dial() error {
	c.tries.Add(1)
	return errors.New("refused")
}

func (c *client) connect() error {
	for wait := time.Millisecond; ; wait = min(2*wait, 20*time.Millisecond) {
		if err := c.dial(); err == nil {
			return nil
		}
		time.Sleep(wait) //@leak("sleep", "growing"), preferred("loop-exit")
	}
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	c := &client{ctx: ctx}
	go c.connect()
	for c.tries.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	fmt.Println("connecting")
}
