// Package rowset opens rows whose context ends when they are closed, and does not close them.
package rowset

import (
	"context"
	"fmt"
)

type rows struct {
	cancel context.CancelFunc
	names  []string
	at     int
}

func (r *rows) open(ctx context.Context) {
	ctx, r.cancel = context.WithCancel(ctx)
	go r.awaitDone(ctx)
}

func (r *rows) awaitDone(ctx context.Context) {
	<-ctx.Done() //@leak("chan-receive"), preferred("cancel-field")
	r.close(ctx.Err())
}

func (r *rows) close(error) {
	r.cancel()
}

func (r *rows) next() bool {
	r.at++
	return r.at <= len(r.names)
}

func count(names ...string) int {
	r := &rows{names: names}
	r.open(context.Background())
	n := 0
	for r.next() {
		n++
	}
	return n
}

func first(names ...string) string {
	r := &rows{names: names}
	r.open(context.Background())
	defer r.close(nil)
	if !r.next() {
		return ""
	}
	return r.names[0]
}

func Run() {
	fmt.Println(count("a", "b"), first("c"))
}
