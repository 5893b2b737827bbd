// Package pages crawls result pages lazily; the search stops at the first hit.
package pages

import "fmt"

type page struct {
	number int
	hits   []string
}

func load(number int) page {
	return page{number, []string{fmt.Sprintf("hit %d.1", number), fmt.Sprintf("hit %d.2", number)}}
}

func search(want string) (int, bool) {
	pages := make(chan page)
	go func() {
		for number := 1; number <= 10; number++ {
			pages <- load(number) //@leak("chan-send"), preferred("stop-channel")
		}
		close(pages)
	}()
	for p := range pages {
		for _, hit := range p.hits {
			if hit == want {
				return p.number, true
			}
		}
	}
	return 0, false
}

func Run() {
	fmt.Println(search("hit 3.2"))
	fmt.Println(search("hit 11.1"))
}
