// Package debounce empties a timer whose value it has had already.
package debounce

import (
	"fmt"
	"time"
)

type debouncer struct {
	timer *time.Timer
	quiet chan struct{}
}

func (d *debouncer) loop(events <-chan string) {
	for {
		select {
		case _, ok := <-events:
			if !ok {
				return
			}
			if !d.timer.Stop() {
				<-d.timer.C //@leak("chan-receive"), preferred("drain-timer"), nofix("timeout-case")
			}
			d.timer.Reset(time.Millisecond)
		case <-d.timer.C:
			d.quiet <- struct{}{}
		}
	}
}

func Run() {
	d := &debouncer{time.NewTimer(time.Hour), make(chan struct{}, 9)}
	events := make(chan string)
	go d.loop(events)
	events <- "one"
	<-d.quiet
	fmt.Println("quiet")
	events <- "two"
	close(events)
}
