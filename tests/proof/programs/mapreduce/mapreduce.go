// Package mapreduce maps in parallel and reduces in the background; the reducer never ends.
package mapreduce

import (
	"fmt"
	"sync"
)

func squares(values []int) int {
	mapped := make(chan int)
	var total int
	var mu sync.Mutex
	go func() {
		for v := range mapped { //@leak("chan-range"), preferred("close-after-send")
			mu.Lock()
			total += v
			mu.Unlock()
		}
	}()
	var wg sync.WaitGroup
	for _, v := range values {
		wg.Add(1)
		go func(v int) {
			defer wg.Done()
			mapped <- v * v
		}(v)
	}
	wg.Wait()
	return len(values)
}

func Run() {
	fmt.Println(squares([]int{1, 2, 3}))
	fmt.Println(squares(nil))
}
