// Package conditional says Done in one place of two: deferring one would say it twice.
package conditional

import (
	"fmt"
	"sync"
)

func run(jobs []int) {
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Add(1)
		go func() {
			if job == 0 {
				return
			}
			if job < 0 {
				wg.Done()
				return
			}
			wg.Done()
		}()
	}
	wg.Wait() //@leak("waitgroup-wait"), nofix("defer-done", "wait-group-go"), redesign()
}

func Run() {
	run([]int{1, -1, 2})
	go run([]int{0, 1})
	fmt.Println("running")
}
