// Package gatedlocks takes two locks in both orders, but only behind a third: that cannot lock up.
package gatedlocks

import (
	"fmt"
	"sync"
	"time"
)

type desk struct {
	gate, in, out sync.Mutex
	moved         int
}

func (d *desk) receive() {
	d.gate.Lock()
	defer d.gate.Unlock()
	d.in.Lock() //@unsafe("same-lock-order"), nofix("defer-unlock")
	defer d.in.Unlock()
	d.out.Lock()
	defer d.out.Unlock()
	d.moved++
}

func (d *desk) send() {
	d.gate.Lock()
	defer d.gate.Unlock()
	d.out.Lock()
	defer d.out.Unlock()
	d.in.Lock()
	defer d.in.Unlock()
	d.moved++
}

var (
	office desk
	free   func()
)

func Run() {
	if free != nil {
		free()
		time.Sleep(5 * time.Millisecond)
	}
	office.receive()
	office.send()
	fmt.Println(office.moved > 0)
	// Somebody looks at what came in, while the next one waits.
	office.in.Lock()
	free = office.in.Unlock
	go office.receive()
	time.Sleep(5 * time.Millisecond)
}
