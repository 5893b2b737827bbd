// Package dialer gives its connections a context that the caller's does not end.
package dialer

import (
	"context"
	"fmt"
)

type client struct {
	ctx    context.Context
	cancel context.CancelFunc
	addrs  []*addr
}

type addr struct {
	base context.Context
	stop context.CancelFunc
	name string
}

func dial(ctx context.Context, names ...string) *client {
	c := &client{}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	for _, name := range names {
		c.open(name)
	}
	if ctx.Err() != nil {
		c.cancel()
	}
	return c
}

func (c *client) open(name string) {
	a := &addr{name: name}
	a.base, a.stop = context.WithCancel(c.ctx)
	c.addrs = append(c.addrs, a)
	go a.keepAlive()
}

func (a *addr) keepAlive() {
	<-a.base.Done() //@leak("chan-receive"), cured("parent-context"), unsafe("parent-context")
	a.stop()
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	c := dial(ctx, "one", "two")
	fmt.Println(len(c.addrs), "connections")
	cancel()
}
