// Package leases waits for leases that a stopped server never grants.
package leases

import (
	"context"
	"fmt"
)

func work(ctx context.Context, server chan chan int, id int) {
	lease := acquire(server)
	_ = lease + id
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	server := make(chan chan int)
	for id := range 3 {
		go work(ctx, server, id)
	}
	grant := <-server
	grant <- 1
	<-server
	<-server
	cancel()
	fmt.Println("one lease granted")
}
