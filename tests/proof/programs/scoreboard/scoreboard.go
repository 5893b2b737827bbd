// Package scoreboard skips players that are out, in a loop that holds a lock a round.
package scoreboard

import (
	"fmt"
	"sync"
)

type player struct {
	sync.Mutex
	score int
	out   bool
}

func award(players []*player, points int) (n int) {
	for _, p := range players {
		p.Lock() //@leak("mutex-lock"), preferred("defer-unlock")
		if p.out {
			continue
		}
		p.score += points
		p.Unlock()
		n++
	}
	return n
}

func Run() {
	players := []*player{{}, {out: true}, {}}
	fmt.Println(award(players, 3))
	for range 3 {
		go award(players, 1)
	}
}
