// Package readiness waits until a component is ready; a component that fails never says so.
package readiness

import (
	"errors"
	"fmt"
)

type component struct {
	name string
	fail bool
}

func (c component) start() error {
	if c.fail {
		return errors.New(c.name + " failed")
	}
	return nil
}

func boot(c component) {
	ready := make(chan struct{})
	go func() {
		if err := c.start(); err != nil {
			return
		}
		close(ready)
	}()
	<-ready //@leak("chan-receive"), preferred("defer-close")
}

func Run() {
	boot(component{name: "store"})
	go boot(component{"queue", true})
	go boot(component{"cache", true})
	fmt.Println("booting")
}
