// Package resize makes thumbnails; a failing one ends the whole job early.
package resize

import (
	"errors"
	"fmt"
)

type result struct {
	name string
	err  error
}

func thumbnail(name string) error {
	if name == "broken.png" {
		return errors.New("no such picture")
	}
	return nil
}

func all(names []string) error {
	results := make(chan result)
	for _, name := range names {
		go func() {
			results <- result{name, thumbnail(name)} //@leak("chan-send"), preferred("buffer-of-n"), nofix("buffer-of-one")
		}()
	}
	for range names {
		if r := <-results; r.err != nil {
			return fmt.Errorf("job stopped: %w", r.err)
		}
	}
	return nil
}

func Run() {
	fmt.Println(all([]string{"broken.png", "broken.png", "broken.png", "broken.png"}))
	fmt.Println(all([]string{"a.png", "b.png"}))
}
