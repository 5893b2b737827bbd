// Package quotes asks a slow price service and answers from a cache when it is late.
package quotes

import (
	"context"
	"fmt"
	"time"
)

type price struct {
	symbol string
	cents  int
}

func lookup(symbol string, delay time.Duration) price {
	time.Sleep(delay)
	return price{symbol, len(symbol) * 100}
}

func ask(ctx context.Context, symbol string, delay time.Duration) (price, error) {
	answers := make(chan price)
	go func() {
		answers <- lookup(symbol, delay) //@leak("chan-send"), preferred("buffer-of-one"), cured("done-case")
	}()
	select {
	case p := <-answers:
		return p, nil
	case <-ctx.Done():
		return price{symbol, 1}, ctx.Err()
	}
}

func Run() {
	late, cancel := context.WithCancel(context.Background())
	cancel()
	for i := range 12 {
		ctx, delay := context.Background(), time.Millisecond
		if i%3 == 0 {
			ctx, delay = late, 100*time.Millisecond
		}
		p, err := ask(ctx, "GO"+fmt.Sprint(i), delay)
		fmt.Println(p.symbol, p.cents, err)
	}
}
