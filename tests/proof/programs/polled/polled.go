// Package polled measures and polls its queue: another capacity would change what it prints.
package polled

import "fmt"

var keep []chan int

func start() chan int {
	queue := make(chan int)
	go func() {
		queue <- len(queue) + cap(queue) //@nofix("buffer-of-one", "timeout-case", "stop-channel")
	}()
	select {
	case v := <-queue:
		fmt.Println("early", v)
	default:
	}
	return queue
}

func Run() {
	keep = append(keep, start())
	fmt.Println(cap(keep[0]))
}
