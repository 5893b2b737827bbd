// Package devices returns with a lock in hand that other packages could give back.
package devices

import (
	"fmt"
	"sync"
)

// Set is exported, and so is its lock.
type Set struct {
	sync.Mutex
	deleted int
}

// Clean forgets what was deleted.
func (s *Set) Clean() bool {
	s.Lock()
	if s.deleted == 0 {
		return false
	}
	s.deleted = 0
	s.Unlock()
	return true
}

func (s *Set) remove() {
	s.Lock() //@leak("mutex-lock"), cured("defer-unlock"), unsafe("defer-unlock")
	defer s.Unlock()
	s.deleted++
}

func Run() {
	s := &Set{deleted: 1}
	fmt.Println(s.Clean(), s.Clean())
	go s.remove()
}
