// Package idsource gives numbers for ever: its goroutine waits for the next one who asks.
package idsource

import "fmt"

func numbers(start int) func() int {
	ids := make(chan int)
	go func() {
		for id := start; ; id++ {
			ids <- id //@nofix("buffer-of-one"), unsafe("stop-channel", "timeout-case")
		}
	}()
	return func() int { return <-ids }
}

var next = numbers(100)

func Run() {
	a, b := next(), next()
	fmt.Println(b - a)
}
