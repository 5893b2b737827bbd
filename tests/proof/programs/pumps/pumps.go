// Package pumps copies between two sides and looks for the end only in between.
package pumps

import (
	"context"
	"fmt"
	"time"
)

type frame struct{ payload string }

func pump(ctx context.Context, in <-chan frame, out chan<- frame) {
	for {
		select {
		case <-ctx.Done():
			return
		default:
			f := <-in //@leak("chan-receive"), preferred("default-to-case")
			select {
			case out <- f:
			case <-ctx.Done():
				return
			}
		}
	}
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	in, out := make(chan frame), make(chan frame)
	go pump(ctx, in, out)
	in <- frame{"one"}
	fmt.Println((<-out).payload)
	time.Sleep(5 * time.Millisecond)
	cancel()
}
