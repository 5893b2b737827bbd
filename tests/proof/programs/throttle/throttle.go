// Package throttle lets work run in the background after its function has returned.
package throttle

import (
	"fmt"
	"sync"
	"time"
)

var (
	mu   sync.Mutex
	done []int
	all  sync.WaitGroup
)

func start(values []int) {
	slots := make(chan struct{}, 1)
	queue := make(chan int)
	go func() {
		defer close(queue)
		for _, v := range values {
			slots <- struct{}{}
			queue <- v
		}
	}()
	all.Add(1)
	go func() {
		defer all.Done()
		for v := range queue {
			time.Sleep(time.Millisecond)
			mu.Lock()
			done = append(done, v)
			mu.Unlock()
			<-slots
		}
	}()
}

var parked sync.Once

func Run() {
	start([]int{1, 2, 3})
	all.Wait()
	mu.Lock()
	fmt.Println(len(done) % 3)
	mu.Unlock()
	parked.Do(func() { go func() { <-make(chan int, 1) }() })
}
