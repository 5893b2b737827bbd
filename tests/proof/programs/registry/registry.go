// Package registry locks for reading and forgets it when nothing is found.
package registry

import (
	"errors"
	"fmt"
	"sync"
)

type service struct{ address string }

type registry struct {
	mu       sync.RWMutex
	services map[string]service
}

var errUnknown = errors.New("unknown service")

func (r *registry) resolve(name string) (string, error) {
	r.mu.RLock()
	s, ok := r.services[name]
	if !ok {
		return "", errUnknown
	}
	address := s.address
	r.mu.RUnlock()
	return "tcp://" + address, nil
}

func (r *registry) add(name, address string) {
	r.mu.Lock() //@leak("rwmutex-lock"), preferred("defer-unlock")
	defer r.mu.Unlock()
	r.services[name] = service{address}
}

func Run() {
	r := &registry{services: map[string]service{}}
	r.add("a", "host:1")
	fmt.Println(r.resolve("a"))
	fmt.Println(r.resolve("b"))
	for i := range 3 {
		go r.add(fmt.Sprint(i), "host")
	}
}
