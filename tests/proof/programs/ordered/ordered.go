// Package ordered keeps the order by sending one at a time: a buffer would let the sender run ahead.
package ordered

import "fmt"

type step struct {
	n    int
	done chan bool
}

func play(n int) (log []string) {
	steps := make(chan int)
	finished := make(chan bool)
	go func() {
		for i := range n {
			steps <- i
		}
		finished <- true
	}()
	for {
		select {
		case i := <-steps:
			log = append(log, fmt.Sprint("step ", i))
		case <-finished:
			return log
		}
	}
}

var parked = make(chan step)

func Run() {
	fmt.Println(play(3))
	go func() {
		parked <- step{} //@nofix("buffer-of-one", "timeout-case", "buffer-of-n")
	}()
}
