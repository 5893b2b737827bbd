package main

import (
	"sync"
)

// Locks that seem to be held by who waits for them, or in a ring, and are not.

func init() {
	program("a lock that a helper gives back", func() { v := &vault{}; keep(v.open); go v.viaHelper() })
	program("a lock that a literal gives back", func() { v := &vault{}; go v.viaLiteral() })
	program("a lock given back through a variable", func() { v := &vault{}; go v.viaVariable() })
	program("a lock given back by defer in a literal", func() { v := &vault{}; go v.viaDefer() })
	program("a lock of another key", func() { go keyed() })
	program("a lock that is replaced", func() { go replaced() })
	program("two values of one type", func() { go twoValues() })
	program("a tree locked from the root", func() { go treeLock() })
	program("a lock that another goroutine gives back", func() { go handedLock() })
	program("a lock through an interface", func() { go throughInterface() })
	program("a copy of the pointer", func() { go pointerCopy() })
	program("a lock taken by turns", func() { go byTurns() })
	program("a lock that a callee takes over", func() { v := &vault{}; go v.takesOver() })
	program("a lock and a message from without", func() { go messageFromWithout() })
	program("a lock and a reply by another lock", func() { go replyByOther() })
	program("a lock in a loop that breaks out", func() { go breaksOut() })
	program("readers that nest without a writer", func() { go nestedReaders() })
	program("a reader and the writer of another", func() { go readersOfTwo() })
	program("two in order, one slow", func() { go twoInOrder() })
	program("a generic lock", func() { go genericLock() })
	program("a lock in a parameter of the same name", func() { go sameNames() })
}

type vault struct {
	mu    sync.Mutex
	ready bool
}

func (v *vault) open() { v.mu.Lock(); v.ready = true; v.mu.Unlock() }

func (v *vault) giveBack() { v.mu.Unlock() }

// others has someone else hold the lock while the profiles are taken.
func (v *vault) others() {
	taken := make(chan int)
	go func() { v.hold(taken) }()
	<-taken
}

func (v *vault) hold(taken chan int) {
	v.mu.Lock()
	close(taken)
	work()
	v.mu.Unlock()
}

func (v *vault) viaHelper() {
	v.mu.Lock()
	v.giveBack()
	v.others()
	v.mu.Lock()
	v.mu.Unlock()
}

func (v *vault) viaLiteral() {
	v.mu.Lock()
	func() { v.mu.Unlock() }()
	v.others()
	v.mu.Lock()
	v.mu.Unlock()
}

func (v *vault) viaVariable() {
	v.mu.Lock()
	unlock := v.mu.Unlock
	unlock()
	v.others()
	v.mu.Lock()
	v.mu.Unlock()
}

func (v *vault) viaDefer() {
	v.mu.Lock()
	func() {
		defer v.mu.Unlock()
	}()
	v.others()
	v.mu.Lock()
	v.mu.Unlock()
}

func (v *vault) takesOver() {
	v.mu.Lock()
	v.finish()
	v.others()
	v.mu.Lock()
	v.mu.Unlock()
}

func (v *vault) finish() {
	defer v.giveBack()
}

var locks [2]vault

func keyed() {
	locks[0].mu.Lock()
	locks[1].others()
	locks[1].mu.Lock()
	locks[1].mu.Unlock()
	locks[0].mu.Unlock()
}

var current = &vault{}

func replaced() {
	current.mu.Lock()
	old := current
	current = &vault{}
	current.others()
	current.mu.Lock()
	current.mu.Unlock()
	old.mu.Unlock()
}

func (v *vault) pass(to *vault) {
	v.mu.Lock()
	to.mu.Lock()
	to.mu.Unlock()
	v.mu.Unlock()
}

func twoValues() {
	a, b := &vault{}, &vault{}
	b.others()
	go a.pass(b)
}

type node struct {
	mu    sync.Mutex
	below *node
}

func (n *node) walk() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.below != nil {
		n.below.walk()
		return
	}
	work()
}

func treeLock() {
	root := &node{below: &node{below: &node{}}}
	for range 4 {
		go root.walk()
	}
	pause()
	for range 3 {
		go root.below.walk()
	}
}

var handed sync.Mutex

func handedLock() {
	handed.Lock()
	keep(handed.Unlock)
	handed.Lock()
	handed.Unlock()
}

func throughInterface() {
	v := &vault{}
	var l sync.Locker = &v.mu
	v.others()
	l.Lock()
	l.Unlock()
}

func pointerCopy() {
	v := &vault{}
	w := v
	v.mu.Lock()
	w.mu.Unlock()
	v.others()
	v.mu.Lock()
	v.mu.Unlock()
}

var gates [2]sync.Mutex

func byTurns() {
	for n := range 6 {
		go func() {
			for turn := range 2 {
				gates[(n+turn)%2].Lock()
				pause()
				gates[(n+turn)%2].Unlock()
			}
			gates[0].Lock()
			work()
			gates[0].Unlock()
		}()
	}
}

type hub struct {
	mu    sync.Mutex
	reply chan int
}

func (h *hub) ask() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return <-h.reply
}

var outlet chan<- int

func messageFromWithout() {
	h := &hub{reply: make(chan int)}
	outlet = h.reply
	for range 4 {
		go h.ask()
	}
	keep(func() {
		for range 4 {
			outlet <- 1
		}
	})
}

type pair struct {
	a, b  sync.Mutex
	reply chan int
}

func (p *pair) ask() {
	p.a.Lock()
	<-p.reply
	p.a.Unlock()
}

func (p *pair) answer() {
	p.b.Lock()
	work()
	p.reply <- 1
	p.b.Unlock()
}

func replyByOther() {
	p := &pair{reply: make(chan int)}
	for range 3 {
		go p.ask()
		go p.answer()
	}
}

func breaksOut() {
	v := &vault{}
	for {
		v.mu.Lock()
		if !v.ready {
			v.ready = true
			v.mu.Unlock()
			break
		}
	}
	v.others()
	v.mu.Lock()
	v.mu.Unlock()
}

type table struct {
	mu sync.RWMutex
	n  int
}

func (t *table) read() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.again()
}

func (t *table) again() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	work()
	return t.n
}

func nestedReaders() {
	t := &table{}
	for range 5 {
		go t.read()
	}
}

func (t *table) copyFrom(other *table) {
	t.mu.Lock()
	defer t.mu.Unlock()
	other.mu.RLock()
	defer other.mu.RUnlock()
	t.n = other.n
}

func (t *table) slow() {
	t.mu.Lock()
	work()
	t.mu.Unlock()
}

func readersOfTwo() {
	a, b, c := &table{}, &table{}, &table{}
	go c.slow()
	pause()
	go b.copyFrom(c)
	pause()
	go a.copyFrom(b)
}

func twoInOrder() {
	a, b := &vault{}, &vault{}
	b.others()
	for range 3 {
		go a.pass(b)
	}
}

type guarded[T any] struct {
	mu    sync.Mutex
	value T
}

func (g *guarded[T]) with(f func(*T)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(&g.value)
}

func genericLock() {
	a, b := &guarded[int]{}, &guarded[string]{}
	go b.with(func(*string) { work() })
	pause()
	for range 3 {
		go a.with(func(*int) { b.with(func(*string) {}) })
	}
}

func lend(mu *sync.Mutex, other func()) {
	mu.Lock()
	other()
	mu.Unlock()
}

func sameNames() {
	var mu, mu2 sync.Mutex
	held := make(chan int)
	go func() { mu2.Lock(); close(held); work(); mu2.Unlock() }()
	<-held
	go lend(&mu, func() { lend(&mu2, func() {}) })
}
