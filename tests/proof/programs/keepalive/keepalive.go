// Package keepalive stores its context's cancel: another one calls it, later.
package keepalive

import (
	"context"
	"fmt"
	"sync"
)

type conn struct {
	close func()
	beats sync.WaitGroup
}

var conns []*conn

func dial(id int) *conn {
	ctx, cancel := context.WithCancel(context.Background())
	c := &conn{close: cancel}
	c.beats.Add(1)
	go func() {
		defer c.beats.Done()
		<-ctx.Done() //@nofix("defer-cancel", "timeout-case")
	}()
	return c
}

func Run() {
	conns = append(conns, dial(len(conns)))
	if len(conns) > 1 {
		old := conns[0]
		conns = conns[1:]
		old.close()
		old.beats.Wait()
	}
	fmt.Println(len(conns))
}
