// Package resizers has a pool of workers whose queue nobody closes.
package resizers

import (
	"fmt"
	"sync"
)

type job struct{ id, size int }

func worker(jobs <-chan job, done *sync.WaitGroup, total *counter) {
	for j := range jobs { //@leak("chan-range"), preferred("close-after-send")
		total.add(j.size)
		done.Done()
	}
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
}

func process(sizes []int) int {
	jobs := make(chan job)
	var done sync.WaitGroup
	var total counter
	for range 3 {
		go worker(jobs, &done, &total)
	}
	for i, size := range sizes {
		done.Add(1)
		jobs <- job{i, size}
	}
	done.Wait()
	return total.n
}

func Run() {
	fmt.Println(process([]int{1, 2, 3, 4}))
	fmt.Println(process(nil))
}
