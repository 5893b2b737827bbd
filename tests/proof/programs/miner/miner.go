// Package miner counts for ever and never looks up.
package miner

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

var hashes atomic.Int64

func mine(ctx context.Context, step int64) {
	for {
		hashes.Add(step) //@leak("busy-loop", "growing"), preferred("loop-exit")
	}
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go mine(ctx, 7)
	time.Sleep(5 * time.Millisecond)
	fmt.Println(hashes.Load() > 0)
}
