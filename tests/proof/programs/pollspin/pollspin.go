// Package pollspin asks its channels again and again instead of waiting for them.
package pollspin

import (
	"fmt"
	"sync/atomic"
	"time"
)

type meter struct {
	samples chan int
	stop    chan struct{}
	sum     atomic.Int64
}

func (m *meter) collect() {
	for {
		select { //@leak("select", "growing"), preferred("default-to-case")
		case <-m.stop:
			return
		case v := <-m.samples:
			m.sum.Add(int64(v))
		default:
		}
	}
}

func Run() {
	m := &meter{samples: make(chan int), stop: make(chan struct{})}
	go m.collect()
	m.samples <- 1
	m.samples <- 2
	time.Sleep(5 * time.Millisecond)
	fmt.Println(m.sum.Load())
}
