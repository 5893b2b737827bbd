// Package flight computes once for all who ask: who gives up must not end it for the others.
package flight

import (
	"context"
	"fmt"
	"time"
)

type call struct {
	done  chan struct{}
	value int
}

type group struct{ calls map[string]*call }

// start begins the work for a key, or joins it; the work waits for its turn.
func (g *group) start(ctx context.Context, key string, turn chan int) *call {
	if c := g.calls[key]; c != nil {
		return c
	}
	c := &call{done: make(chan struct{})}
	g.calls[key] = c
	go func() {
		defer close(c.done)
		c.value = <-turn //@unsafe("done-case", "timeout-case")
	}()
	return c
}

func (c *call) wait(ctx context.Context) (int, error) {
	select {
	case <-c.done:
		return c.value, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

var (
	shared = group{map[string]*call{}}
	turns  = make(chan int)
	runs   int
)

func Run() {
	key := fmt.Sprint("key", runs)
	runs++
	hasty, cancel := context.WithCancel(context.Background())
	first := shared.start(hasty, key, turns)
	cancel()
	_, err := first.wait(hasty)
	second := shared.start(context.Background(), key, turns)
	time.Sleep(5 * time.Millisecond)
	select {
	case turns <- 7:
	case <-second.done:
	}
	value, _ := second.wait(context.Background())
	fmt.Println(err, value)
	delete(shared.calls, key)
	// The next one is in flight already, and who asked for it has left.
	ctx, leave := context.WithCancel(context.Background())
	shared.start(ctx, fmt.Sprint("key", runs), turns)
	leave()
}
