// Package metricsink flushes metrics from a goroutine that lives as long as its context.
package metricsink

import (
	"context"
	"fmt"
	"sync"
)

type sink struct {
	ctx    context.Context
	cancel context.CancelFunc
	points chan int
	acks   chan int
}

func open() *sink {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sink{ctx: ctx, cancel: cancel, points: make(chan int), acks: make(chan int)}
	go s.flush()
	return s
}

func (s *sink) flush() {
	sum := 0
	for {
		select { //@leak("select"), preferred("defer-stop")
		case p := <-s.points:
			sum += p
			s.acks <- sum
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *sink) Close() { s.cancel() }

func measure(values []int) (last int) {
	s := open()
	for _, v := range values {
		s.points <- v
		last = <-s.acks
	}
	return last
}

func Run() {
	var wg sync.WaitGroup
	results := make([]int, 4)
	for i := range results {
		wg.Add(1)
		go func() {
			defer wg.Done()
			results[i] = measure([]int{i, i, i})
		}()
	}
	wg.Wait()
	fmt.Println(results)
}
