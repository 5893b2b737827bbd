// Package wordcount fans out over files and waits for counts for ever: nobody closes the channel.
package wordcount

import (
	"fmt"
	"strings"
	"sync"
)

type count struct {
	word string
	n    int
}

func words(files map[string]string, done func(int)) {
	counts := make(chan count)
	var wg sync.WaitGroup
	for _, text := range files {
		wg.Add(1)
		go func() {
			defer wg.Done()
			seen := map[string]int{}
			for _, word := range strings.Fields(text) {
				seen[word]++
			}
			for word, n := range seen {
				counts <- count{word, n}
			}
		}()
	}
	total := 0
	for c := range counts { //@leak("chan-range"), preferred("close-after-send")
		total += c.n
		if total == 5 {
			done(total)
		}
	}
}

func Run() {
	got := make(chan int, 1)
	go words(map[string]string{"a": "x y x", "b": "z x"}, func(n int) { got <- n })
	fmt.Println(<-got)
}
