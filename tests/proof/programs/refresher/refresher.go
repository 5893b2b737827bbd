// Package refresher is started by the first request and outlives it.
package refresher

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

type rates struct {
	once  sync.Once
	value atomic.Int64
}

func (r *rates) get(ctx context.Context) int64 {
	r.once.Do(func() {
		r.value.Store(1)
		go func() {
			for {
				time.Sleep(time.Millisecond) //@unsafe("loop-exit")
				r.value.Add(1)
			}
		}()
	})
	if ctx.Err() != nil {
		return 0
	}
	return r.value.Load()
}

var shared rates

func request() int64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return shared.get(ctx)
}

func Run() {
	before := request()
	time.Sleep(20 * time.Millisecond)
	fmt.Println(request() > before)
}
