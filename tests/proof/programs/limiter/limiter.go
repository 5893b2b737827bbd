// Package limiter hands out tokens; a cancelled caller leaves the refill behind.
package limiter

import (
	"context"
	"fmt"
)

func work(ctx context.Context, tasks int) (done int) {
	tokens := make(chan struct{})
	go func() {
		for range tasks {
			tokens <- struct{}{} //@leak("chan-send"), preferred("done-case"), cured("stop-channel")
		}
	}()
	for range tasks {
		select {
		case <-tokens:
			done++
			if done == 2 {
				return done
			}
		case <-ctx.Done():
			return done
		}
	}
	return done
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	fmt.Println(work(ctx, 2), work(ctx, 5))
	cancel()
}
