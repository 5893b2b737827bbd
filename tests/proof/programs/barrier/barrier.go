// Package barrier waits for tasks, one of which returns before it says so.
package barrier

import (
	"fmt"
	"sync"
)

func fetch(url string) (int, bool) {
	return len(url), url != ""
}

func crawl(urls []string) int {
	var wg sync.WaitGroup
	var mu sync.Mutex
	sizes := map[string]int{}
	for _, url := range urls {
		wg.Add(1)
		go func() {
			n, ok := fetch(url)
			if !ok {
				return
			}
			mu.Lock()
			sizes[url] = n
			mu.Unlock()
			wg.Done()
		}()
	}
	wg.Wait() //@leak("waitgroup-wait"), preferred("defer-done")
	return len(sizes)
}

func Run() {
	for _, urls := range [][]string{{"a", "bb"}, {"a", ""}, {""}} {
		if len(urls) == 2 && urls[1] != "" {
			fmt.Println("sizes", crawl(urls))
			continue
		}
		go crawl(urls)
	}
}
