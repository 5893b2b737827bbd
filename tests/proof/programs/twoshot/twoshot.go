// Package twoshot sends twice: a buffer of one would not do, and the receiver takes both.
package twoshot

import "fmt"

type stage int

func run(quick bool) (first, second stage) {
	progress := make(chan stage)
	go func() {
		progress <- 1
		progress <- 2
	}()
	return <-progress, <-progress
}

var idle = make(chan stage)

func Run() {
	fmt.Println(run(true))
	go func() {
		for s := range idle { //@nofix("close-after-send", "stop-channel", "timeout-case")
			fmt.Println(s)
		}
	}()
}
