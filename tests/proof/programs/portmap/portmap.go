// Package portmap tells its subscribers with the lock in hand that they take to look.
package portmap

import (
	"fmt"
	"sync"
)

type mapping struct {
	mu        sync.RWMutex
	addresses map[string]int
	told      int
}

func (m *mapping) clear() {
	m.mu.Lock()
	var removed []string
	for name := range m.addresses {
		removed = append(removed, name)
		delete(m.addresses, name)
	}
	if len(removed) > 0 {
		m.notify(removed)
	}
	m.mu.Unlock() // all told
}

func (m *mapping) notify(removed []string) {
	m.mu.RLock() //@leak("rwmutex-rlock"), cured("unlock-before"), unsafe("unlock-before")
	defer m.mu.RUnlock()
	if len(removed) > len(m.addresses) {
		return
	}
	fmt.Println("some are left")
}

func Run() {
	m := &mapping{addresses: map[string]int{"upnp": 22000}}
	go m.clear()
	fmt.Println("clearing")
}
