// Package firstof asks three mirrors and takes the first answer.
package firstof

import "fmt"

type mirror struct{ host string }

func (m mirror) get(path string) string { return "body of " + path }

func fetch[T any](sources []T, get func(T) string) string {
	bodies := make(chan string)
	for _, source := range sources {
		go func() {
			bodies <- get(source) //@leak("chan-send"), preferred("buffer-of-n")
		}()
	}
	return <-bodies
}

func Run() {
	mirrors := []mirror{{"a"}, {"b"}, {"c"}}
	for _, path := range []string{"/index", "/feed"} {
		fmt.Println(fetch(mirrors, func(m mirror) string { return m.get(path) }))
	}
}
