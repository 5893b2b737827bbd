// Package spinner receives without looking for the end: a close would make it spin.
package spinner

import (
	"fmt"
	"sync/atomic"
)

var drawn atomic.Int64

func draw(frames []int) {
	next := make(chan int)
	go func() {
		for {
			frame := <-next //@leak("chan-receive"), nofix("close-after-send"), cured("stop-channel")
			drawn.Add(int64(frame))
		}
	}()
	for _, frame := range frames {
		next <- frame
	}
}

func Run() {
	draw([]int{1, 2})
	draw(nil)
	fmt.Println("drawn")
}
