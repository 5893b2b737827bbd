// Package sharedstop shares one poller among its callers: none of them may stop it.
package sharedstop

import "fmt"

type poller struct {
	ask  chan chan int
	stop chan struct{}
}

var shared *poller

func get() *poller {
	if shared == nil {
		shared = &poller{make(chan chan int), make(chan struct{})}
		go shared.loop()
	}
	return shared
}

func (p *poller) loop() {
	n := 0
	for {
		select { //@nofix("defer-stop", "timeout-case")
		case reply := <-p.ask:
			n++
			reply <- n
		case <-p.stop:
			return
		}
	}
}

func (p *poller) Stop() { close(p.stop) }

func next() int {
	p := get()
	reply := make(chan int)
	p.ask <- reply
	return <-reply
}

func Run() {
	a, b := next(), next()
	fmt.Println(b - a)
}
