// Package importer stops a worker pool by closing its queue, unless a row is bad.
package importer

import (
	"errors"
	"fmt"
	"sync"
)

type row struct {
	key   string
	value int
}

func load(rows []row) (int, error) {
	queue := make(chan row)
	var mu sync.Mutex
	stored := map[string]int{}
	for range 2 {
		go func() {
			for r := range queue { //@leak("chan-range"), preferred("defer-close")
				mu.Lock()
				stored[r.key] = r.value
				mu.Unlock()
			}
		}()
	}
	for i, r := range rows {
		if r.key == "" {
			return i, errors.New("a row without a key")
		}
		queue <- r
	}
	close(queue)
	return len(rows), nil
}

func Run() {
	fmt.Println(load([]row{{"a", 1}, {"b", 2}}))
	fmt.Println(load([]row{{"a", 1}, {"", 2}, {"c", 3}}))
}
