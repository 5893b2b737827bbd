// Package gracetimer ends its work after a time of grace: the context is meant to outlive the call.
package gracetimer

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

var ended atomic.Int64

func linger(parent context.Context) string {
	ctx, _ := context.WithTimeout(parent, time.Hour)
	go func() {
		<-ctx.Done() //@leak("chan-receive", "growing"), unsafe("defer-cancel")
		ended.Add(1)
	}()
	return "lingering"
}

func Run() {
	fmt.Println(linger(context.Background()))
}
