// Package semaphore uses a channel as a lock: closing or buffering it would break the lock.
package semaphore

import (
	"fmt"
	"sync"
)

type lock chan struct{}

func (l lock) acquire() { l <- struct{}{} }
func (l lock) release() { <-l }

var (
	turn  = make(lock, 1)
	total int
)

func add(n int) {
	turn.acquire()
	defer turn.release()
	total += n
}

func hold(wait <-chan bool) {
	for range wait { //@nofix("timeout-case", "close-after-send")
		add(1)
	}
}

var forever = make(chan bool)

func Run() {
	var wg sync.WaitGroup
	for range 10 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			add(1)
		}()
	}
	wg.Wait()
	fmt.Println(total % 10)
	go hold(forever)
}
