// Package upload closes the queue before it waits for its workers, but not on a refusal.
package upload

import (
	"errors"
	"fmt"
	"sync"
)

func all(parts []string) (int, error) {
	n := 0
	queue := make(chan string)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for part := range queue { //@leak("chan-range"), preferred("defer-close")
				mu.Lock()
				n += len(part)
				mu.Unlock()
			}
		}()
	}
	for _, part := range parts {
		if len(part) > 3 {
			return 0, errors.New("too large: " + part)
		}
		queue <- part
	}
	close(queue)
	wg.Wait()
	return n, nil
}

func Run() {
	n, err := all([]string{"abc", "de"})
	fmt.Println(n, err)
	_, err = all([]string{"abc", "defg", "h"})
	fmt.Println(err)
}
