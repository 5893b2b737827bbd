// Package drive watches contexts that end, and forgets to stop watching.
package drive

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

type handler struct{ cancelled *atomic.Int32 }

func (h handler) HandleCancel(context.Context) { h.cancelled.Add(1) }

func (h handler) HandleUnwatchAfterCancel() {}

func Run() {
	var cancelled atomic.Int32
	for range 5 {
		ctx, cancel := context.WithCancel(context.Background())
		ctxwatch.NewContextWatcher(handler{&cancelled}).Watch(ctx)
		cancel()
	}
	time.Sleep(20 * time.Millisecond)
	fmt.Println(cancelled.Load())
}
