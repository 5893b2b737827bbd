// Package primes chains filters; nobody stops the chain when enough primes were taken.
package primes

import (
	"context"
	"fmt"
)

func generate(ctx context.Context, out chan<- int) {
	for i := 2; ; i++ {
		out <- i //@leak("chan-send"), cured("done-case")
	}
}

func filter(ctx context.Context, in <-chan int, out chan<- int, prime int) {
	for {
		i := <-in
		if i%prime != 0 {
			out <- i //@leak("chan-send"), cured("done-case")
		}
	}
}

func first(ctx context.Context, n int) (found []int) {
	ch := make(chan int)
	go generate(ctx, ch)
	for range n {
		prime := <-ch
		found = append(found, prime)
		next := make(chan int)
		go filter(ctx, ch, next, prime)
		ch = next
	}
	return found
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	fmt.Println(first(ctx, 1))
}
