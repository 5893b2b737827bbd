// Package janitor sweeps a cache for ever; the cache's owner cancels its context in vain.
package janitor

import (
	"context"
	"fmt"
	"sync"
	"time"
)

type cache struct {
	mu    sync.Mutex
	items map[string]time.Time
}

func (c *cache) sweep(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for range ticker.C { //@leak("chan-range", "growing"), preferred("done-case")
		c.mu.Lock()
		for key, until := range c.items {
			if time.Now().After(until) {
				delete(c.items, key)
			}
		}
		c.mu.Unlock()
	}
}

func use() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := &cache{items: map[string]time.Time{"a": time.Now()}}
	go c.sweep(ctx, time.Hour)
}

func Run() {
	for range 3 {
		use()
	}
	fmt.Println("swept")
}
