// Package subscribe returns a stream: its goroutine lives as long as the caller reads.
package subscribe

import "fmt"

func numbers(n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := range n {
			out <- i //@nofix("stop-channel", "buffer-of-one", "timeout-case")
		}
	}()
	return out
}

var keep []<-chan int

func Run() {
	for v := range numbers(3) {
		fmt.Println(v)
	}
	keep = append(keep, numbers(4))
}
