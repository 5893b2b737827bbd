// Package daemon derives a context that outlives its constructor: cancelling it there would kill the daemon.
package daemon

import (
	"context"
	"fmt"
)

type daemon struct {
	ctx  context.Context
	stop context.CancelFunc
	jobs chan int
	done chan int
}

func start() *daemon {
	ctx, cancel := context.WithCancel(context.Background())
	d := &daemon{ctx, cancel, make(chan int), make(chan int)}
	go d.loop(ctx)
	return d
}

func (d *daemon) loop(ctx context.Context) {
	for {
		select { //@nofix("defer-cancel", "timeout-case")
		case job := <-d.jobs:
			d.done <- job * 2
		case <-ctx.Done():
			return
		}
	}
}

var shared *daemon

func Run() {
	if shared == nil {
		shared = start()
	}
	shared.jobs <- 21
	fmt.Println(<-shared.done)
}
