// Package replicas reads from a quorum and leaves the slow ones behind.
package replicas

import (
	"errors"
	"fmt"
)

type replica struct {
	id    int
	value string
	down  bool
}

type answer struct {
	id    int
	value string
	err   error
}

func (r *replica) read(out chan<- answer) {
	if r.down {
		out <- answer{id: r.id, err: errors.New("down")} //@leak("chan-send"), cured("buffer-of-n")
		return
	}
	out <- answer{r.id, r.value, nil} //@leak("chan-send"), cured("buffer-of-n")
}

func quorum(n int, replicas ...*replica) (string, bool) {
	answers := make(chan answer)
	for _, r := range replicas {
		go r.read(answers)
	}
	for i := 0; i < n; i++ {
		if a := <-answers; a.err == nil {
			return a.value, true
		}
	}
	return "", false
}

func Run() {
	up := func(id int) *replica { return &replica{id: id, value: "v"} }
	down := func(id int) *replica { return &replica{id: id, down: true} }
	fmt.Println(quorum(2, up(1), up(2), up(3), up(4)))
	fmt.Println(quorum(2, down(1), down(2), down(3), down(4)))
}
