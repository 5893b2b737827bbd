// Package hooks keeps its ends in a list: each is closed there, and once only.
package hooks

import (
	"fmt"
	"sync"
)

var (
	ends []func()
	gone sync.WaitGroup
)

func serve(name string) {
	quit := make(chan struct{})
	ends = append(ends, func() { close(quit) })
	gone.Add(1)
	go func() {
		defer gone.Done()
		<-quit //@nofix("defer-close", "close-after-send", "defer-send"), unsafe("timeout-case")
	}()
	fmt.Println("serving", name)
}

func shutdown() {
	for _, end := range ends {
		end()
	}
	ends = nil
	gone.Wait()
}

func Run() {
	shutdown()
	serve("api")
	serve("metrics")
}
