// Package heartbeat derives a context a call and never cancels it.
package heartbeat

import (
	"context"
	"fmt"
	"sync/atomic"
)

var stopped atomic.Int64

func onEnd(ctx context.Context, what string) {
	go func() {
		<-ctx.Done() //@leak("chan-receive"), preferred("defer-cancel"), nofix("timeout-case")
		stopped.Add(1)
		_ = what
	}()
}

func call(parent context.Context, name string) string {
	ctx, _ := context.WithCancel(parent)
	onEnd(ctx, name)
	return "called " + name
}

func Run() {
	for _, name := range []string{"alpha", "beta", "gamma"} {
		fmt.Println(call(context.Background(), name))
	}
}
