// Package probes waits for probes, one sort of which never says that it is done.
package probes

import (
	"fmt"
	"sync"
	"sync/atomic"
)

var probed atomic.Int64

func probe(host string) { probed.Add(int64(len(host))) }

func check(hosts []string, deep bool) {
	var wg sync.WaitGroup
	for _, host := range hosts {
		wg.Add(1)
		go func() {
			defer wg.Done()
			probe(host)
		}()
		if deep {
			wg.Add(1)
			go func() { probe(host + "/deep") }()
		}
	}
	wg.Wait() //@leak("waitgroup-wait"), preferred("defer-done"), cured("wait-group-go")
}

func Run() {
	check([]string{"a", "b"}, false)
	go check([]string{"c"}, true)
	fmt.Println("probing")
}
