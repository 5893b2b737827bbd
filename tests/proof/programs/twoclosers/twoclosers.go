// Package twoclosers closes in one branch already: a second close would panic.
package twoclosers

import (
	"errors"
	"fmt"
)

func feed(values []int, out chan<- int) error {
	for _, v := range values {
		if v < 0 {
			close(out)
			return errors.New("negative")
		}
		out <- v
	}
	return nil
}

func run(values []int) error {
	in := make(chan int)
	done := make(chan int, 1)
	go func() {
		n := 0
		for range in { //@leak("chan-range"), nofix("close-after-send", "defer-close")
			n++
		}
		done <- n
	}()
	return feed(values, in)
}

func Run() {
	fmt.Println(run([]int{1, -1}))
	fmt.Println(run([]int{1, 2}))
}
