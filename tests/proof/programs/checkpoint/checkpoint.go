// Package checkpoint calls what it was given to call with the lock in hand that the call takes.
package checkpoint

import (
	"errors"
	"fmt"
	"sync"
)

type lessor struct {
	mu    sync.Mutex
	save  func() error
	saved int
}

var errNone = errors.New("nothing to save")

func (l *lessor) setSave(save func() error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.save = save
}

func (l *lessor) renew() error {
	l.mu.Lock()
	defer func() { l.mu.Unlock() }()
	if l.save != nil {
		err := l.save()
		if err != nil {
			return err
		}
	}
	l.saved++
	return nil
}

func (l *lessor) checkpoint() error {
	l.mu.Lock() //@leak("mutex-lock"), cured("unlock-before"), unsafe("unlock-before")
	defer l.mu.Unlock()
	if l.saved == 0 {
		return errNone
	}
	return nil
}

func Run() {
	l := &lessor{}
	fmt.Println(l.renew())
	l.setSave(l.checkpoint)
	go l.renew()
}
