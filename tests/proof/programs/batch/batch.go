// Package batch adds to its group and never says that a batch is done.
package batch

import (
	"fmt"
	"sync"
	"sync/atomic"
)

var written atomic.Int64

func write(batch []int) {
	for _, v := range batch {
		written.Add(int64(v))
	}
}

func flush(batches [][]int) {
	var wg sync.WaitGroup
	for _, b := range batches {
		wg.Add(1)
		go func() {
			write(b)
		}()
	}
	wg.Wait() //@leak("waitgroup-wait"), preferred("defer-done")
	written.Add(0)
}

func Run() {
	go flush([][]int{{1}, {2, 3}})
	fmt.Println("flushing")
}
