// Package relay forwards messages; it watches its context, but not while it sends.
package relay

import (
	"context"
	"fmt"
)

func forward(ctx context.Context, in []string, out chan<- string) {
	for _, message := range in {
		select {
		case <-ctx.Done():
			return
		default:
			out <- message //@leak("chan-send"), preferred("default-to-case")
		}
	}
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	out := make(chan string)
	go forward(ctx, []string{"one", "two", "three"}, out)
	fmt.Println(<-out)
	cancel()
}
