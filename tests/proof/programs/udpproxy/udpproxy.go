// Package udpproxy locks in each round of a loop, and unlocks behind the loop.
package udpproxy

import (
	"errors"
	"fmt"
	"sync"
)

type proxy struct {
	mu    sync.Mutex
	tried int
}

var errRefused = errors.New("refused")

func (p *proxy) connect(dial func(int) error) {
	for i := range 3 {
		p.mu.Lock() //@leak("mutex-lock"), preferred("lock-before-loop"), nofix("defer-unlock")
		p.tried++
		if err := dial(i); err != nil {
			continue
		}
		break
	}
	p.mu.Unlock()
}

func refuse(int) error { return errRefused }

func accept(int) error { return nil }

func Run() {
	p := &proxy{}
	p.connect(accept)
	fmt.Println(p.tried, "tried")
	go p.connect(refuse)
}
