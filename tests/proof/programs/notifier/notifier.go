// Package notifier returns a channel that its callers often drop.
package notifier

import "fmt"

func notify(id int) <-chan string {
	out := make(chan string)
	go func() {
		out <- fmt.Sprintf("notice %d", id) //@leak("chan-send"), cured("buffer-of-one"), unsafe("buffer-of-one")
	}()
	return out
}

func Run() {
	fmt.Println(<-notify(1))
	for id := range 4 {
		notify(id)
	}
}
