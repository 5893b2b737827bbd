// Package onceinit keeps a group open on purpose: its Wait ends at shutdown.
package onceinit

import (
	"fmt"
	"sync"
)

var (
	running sync.WaitGroup
	quit    = make(chan struct{})
)

func serve(n int) {
	running.Add(1)
	go func() {
		defer running.Done()
		<-quit //@nofix("defer-close", "close-after-send", "timeout-case")
	}()
}

func Run() {
	serve(1)
	go func() {
		running.Wait()
		fmt.Println("down")
	}()
	fmt.Println("up")
}
