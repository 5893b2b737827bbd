// Package gatherer gathers readings until its group is done, which is at once.
package gatherer

import (
	"fmt"
	"sync"
	"time"
)

type reading struct{ sensor, value int }

func gather(sensors int) int {
	readings := make(chan reading)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for sensor := 0; sensor < sensors; sensor++ {
		go func(sensor int) {
			time.Sleep(time.Millisecond)
			group.Add(1)
			defer group.Done()
			readings <- reading{sensor, sensor * sensor} //@leak("chan-send"), preferred("add-before-go")
		}(sensor)
	}
	go func() {
		group.Wait()
		close(stop)
	}()
	n := 0
	for {
		select {
		case <-readings:
			n++
		case <-stop:
			return sensors
		}
	}
}

func Run() {
	fmt.Println(gather(3), gather(0))
}
