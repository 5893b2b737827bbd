// Package selectsend merges two streams into one that its reader leaves.
package selectsend

import (
	"context"
	"fmt"
)

func merge(ctx context.Context, left, right []int) int {
	a, b := make(chan int), make(chan int)
	go func() {
		for i := 0; i < len(left) || i < len(right); i++ {
			select { //@leak("select"), preferred("stop-channel"), cured("done-case")
			case a <- left[i%len(left)]:
			case b <- right[i%len(right)]:
			}
		}
	}()
	sum := 0
	for range 3 {
		select {
		case v := <-a:
			sum += v
		case v := <-b:
			sum += v
		}
	}
	return sum
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	fmt.Println(merge(ctx, []int{1, 1, 1, 1, 1}, []int{1, 1, 1}))
	cancel()
}
