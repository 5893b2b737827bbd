// Package handshake waits for a greeting that a closed peer never sends.
package handshake

import "fmt"

type peer struct{ closed bool }

func (p *peer) read() bool { return !p.closed }

func greet(p *peer) {
	greeted := make(chan bool)
	go func() {
		if !p.read() {
			return
		}
		greeted <- true
	}()
	<-greeted //@leak("chan-receive"), preferred("defer-send")
}

func Run() {
	greet(&peer{})
	for range 3 {
		go greet(&peer{closed: true})
	}
	fmt.Println("greeting")
}
