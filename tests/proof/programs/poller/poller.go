// Package poller asks for news for ever, even when nobody wants them any more.
package poller

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

var polls atomic.Int64

func poll(ctx context.Context) {
	for {
		polls.Add(1)
		time.Sleep(10 * time.Millisecond) //@leak("sleep", "growing"), preferred("loop-exit")
	}
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	go poll(ctx)
	for polls.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	fmt.Println("polled")
}
