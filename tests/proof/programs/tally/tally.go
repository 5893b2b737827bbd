// Package tally counts its senders inside of them, so that it stops collecting too early.
package tally

import (
	"fmt"
	"sync"
	"time"
)

func tally(votes []string) {
	var wg sync.WaitGroup
	counted := map[string]int{}
	ballots, quit := make(chan string), make(chan struct{})
	go func() {
		for {
			select {
			case vote := <-ballots:
				counted[vote]++
			case <-quit:
				return
			}
		}
	}()
	for _, vote := range votes {
		go func() {
			time.Sleep(time.Millisecond)
			wg.Add(1)
			defer wg.Done()
			ballots <- vote //@leak("chan-send"), preferred("add-before-go")
		}()
	}
	wg.Wait()
	quit <- struct{}{}
}

func Run() {
	tally([]string{"a", "b", "a"})
	fmt.Println("counted")
}
