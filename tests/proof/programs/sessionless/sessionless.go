// Package sessionless begins a transaction for its effect and keeps nothing of it.
package sessionless

import (
	"context"
	"fmt"
)

type tx struct {
	ctx    context.Context
	cancel context.CancelFunc
}

type database struct{ begun int }

func (db *database) begin(ctx context.Context) *tx {
	ctx, cancel := context.WithCancel(ctx)
	t := &tx{ctx, cancel}
	db.begun++
	go t.awaitDone()
	return t
}

func (t *tx) awaitDone() {
	<-t.ctx.Done() //@leak("chan-receive"), preferred("defer-stop")
}

func (t *tx) rollback() { t.cancel() }

// connect begins a transaction so that the driver connects.
func connect(name string) int {
	db := &database{}
	db.begin(context.Background()) // nothing to write
	return db.begun + len(name)
}

func Run() {
	fmt.Println(connect("main"), "begun")
}
