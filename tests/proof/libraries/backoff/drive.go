// Package drive gives up between two retries, as a request does that is cancelled.
package drive

import (
	"context"
	"fmt"
	"time"

	"github.com/lestrrat-go/backoff/v2"
)

func Run() {
	policy := backoff.Constant(backoff.WithInterval(time.Millisecond), backoff.WithMaxRetries(0))
	for range 5 {
		ctx, cancel := context.WithCancel(context.Background())
		retries := policy.Start(ctx)
		<-retries.Next()
		time.Sleep(20 * time.Millisecond)
		cancel()
		<-retries.Done()
		fmt.Println("given up")
	}
}
