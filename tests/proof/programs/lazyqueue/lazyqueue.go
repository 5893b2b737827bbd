// Package lazyqueue hands a queue to its producer before anybody has made it.
package lazyqueue

import "fmt"

func produce(out chan<- string, names []string) {
	defer func() { recover() }()
	for _, name := range names {
		out <- name //@leak("nil-chan-send"), preferred("make-channel")
	}
	close(out)
}

func greet(names []string) (n int) {
	var queue chan string
	go produce(queue, names)
	for name := range queue { //@leak("nil-chan-receive"), preferred("make-channel")
		n += len(name)
	}
	return n
}

func Run() {
	go greet([]string{"a", "b"})
	fmt.Println("greeted")
}
