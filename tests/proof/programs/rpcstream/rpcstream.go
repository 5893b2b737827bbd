// Package rpcstream answers on a channel that the request brings along: one answer each.
package rpcstream

import "fmt"

type request struct {
	n     int
	reply chan int
}

var requests = make(chan request)

func server() {
	for r := range requests { //@nofix("close-after-send", "defer-close", "timeout-case", "stop-channel")
		r.reply <- r.n * r.n
	}
}

var started bool

func ask(n int) int {
	reply := make(chan int)
	requests <- request{n, reply}
	return <-reply
}

func Run() {
	if !started {
		started = true
		go server()
	}
	fmt.Println(ask(3), ask(4))
}
