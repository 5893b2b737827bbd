// Package cond waits on a condition variable until somebody has work: no fix is local.
package cond

import (
	"fmt"
	"sync"
)

type mailbox struct {
	mu   sync.Mutex
	full *sync.Cond
	mail []string
}

func newMailbox() *mailbox {
	m := &mailbox{}
	m.full = sync.NewCond(&m.mu)
	return m
}

func (m *mailbox) take() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.mail) == 0 {
		m.full.Wait() //@leak("cond-wait"), redesign()
	}
	mail := m.mail[0]
	m.mail = m.mail[1:]
	return mail
}

func (m *mailbox) put(mail string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mail = append(m.mail, mail)
	m.full.Signal()
}

func Run() {
	m := newMailbox()
	m.put("one")
	fmt.Println(m.take())
	go m.take()
}
