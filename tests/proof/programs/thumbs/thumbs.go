// Package thumbs counts its workers by hand and forgets to count them down when a picture is broken.
package thumbs

import (
	"errors"
	"fmt"
	"sync"
)

func decode(name string) error {
	if name == "bad" {
		return errors.New("broken")
	}
	return nil
}

func make_(names []string) int {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		good int
	)
	for _, name := range names {
		wg.Add(1)
		go func() {
			if decode(name) != nil {
				return
			}
			mu.Lock()
			good++
			mu.Unlock()
			wg.Done()
		}()
	}
	wg.Wait() //@leak("waitgroup-wait"), preferred("defer-done"), cured("wait-group-go")
	return good
}

func Run() {
	fmt.Println(make_([]string{"a", "b"}))
	go make_([]string{"a", "bad"})
}
