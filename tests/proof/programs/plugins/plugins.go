// Package plugins waits for all of its plugins each time that it has started one.
package plugins

import (
	"fmt"
	"sync"
	"sync/atomic"
)

type manager struct {
	plugins []string
	loaded  atomic.Int32
}

func (m *manager) load(done chan<- int32) {
	var group sync.WaitGroup
	group.Add(len(m.plugins))
	for _, name := range m.plugins {
		go func() {
			defer group.Done()
			m.restore(name)
		}()
		group.Wait() //@leak("waitgroup-wait"), preferred("wait-behind-loop"), nofix("defer-done")
	}
	done <- m.loaded.Load()
}

func (m *manager) restore(name string) {
	if name != "" {
		m.loaded.Add(1)
	}
}

func Run() {
	done := make(chan int32, 1)
	(&manager{plugins: []string{"volume"}}).load(done)
	fmt.Println(<-done, "loaded")
	go (&manager{plugins: []string{"volume", "network", "log"}}).load(done)
}
