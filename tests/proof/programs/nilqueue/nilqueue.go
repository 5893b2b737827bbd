// Package nilqueue declares its queue and never makes it.
package nilqueue

import "fmt"

func sum(values []int) {
	var queue chan int
	go func() {
		defer close(queue)
		for _, v := range values {
			queue <- v //@leak("nil-chan-send"), preferred("make-channel"), nofix("timeout-case")
		}
	}()
	total := 0
	for v := range queue { //@leak("nil-chan-receive"), preferred("make-channel")
		total += v
	}
	_ = total
}

func Run() {
	go sum([]int{1, 2, 3})
	fmt.Println("started")
}
