// Package drive leaves a subscription while it is still being made.
package drive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/event"
)

func Run() {
	for range 5 {
		started := make(chan struct{})
		sub := event.Resubscribe(time.Millisecond, func(ctx context.Context) (event.Subscription, error) {
			close(started)
			<-ctx.Done()
			return nil, errors.New("too late")
		})
		<-started
		sub.Unsubscribe()
		_, more := <-sub.Err()
		fmt.Println(more)
	}
	time.Sleep(20 * time.Millisecond)
}
