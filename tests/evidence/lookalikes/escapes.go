package main

import (
	"context"
	"iter"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"time"
	"unsafe"
)

// Objects that others get at without a goroutine's stack showing it.

func init() {
	program("kept by a package variable", func() { go keptByVariable() })
	program("kept by a closure in a struct", func() { go keptByStruct() })
	program("kept by a method value", func() { go keptByMethod() })
	program("kept by a timer", func() { go keptByTimer() })
	program("kept by a context's end", func() { go keptByContext() })
	program("kept by a finalizer", func() { go keptByFinalizer() })
	program("kept by a cleanup", func() { go keptByCleanup() })
	program("kept through reflection", func() { go keptByReflection() })
	program("kept through unsafe", func() { go keptByUnsafe() })
	program("kept through a channel of channels", func() { go keptByChannel() })
	program("kept by an iterator that is pulled", func() { go keptByPull() })
	program("kept by a generic box", func() { go keptByBox() })
	program("kept by a generic function", func() { go keptByGeneric() })
	program("kept by an array", func() { go keptByArray() })
	program("kept by a map", func() { go keptByMap() })
	program("kept by a composite of two", func() { go keptByPair() })
	program("kept by an assignment of two", func() { go keptByTwo() })
	program("kept by a named result", func() { ch := named(); go func() { work(); ch <- 1 }() })
	program("kept by a result of several", func() { ch, _ := several(); go func() { work(); ch <- 1 }() })
	program("kept by a sync.Map", func() { go keptBySyncMap() })
	program("kept by a pool", func() { go keptByPool() })
	program("kept by a once function", func() { go keptByOnce() })
	program("kept by a variadic function", func() { go keptByVariadic() })
	program("kept by slices.Collect", func() { go keptBySlices() })
	program("kept by a type assertion", func() { go keptByInterface() })
	program("kept by an anonymous struct", func() { go keptByAnonymous() })
	program("kept by a deferred closure that stores", func() { go keptByDefer() })
	program("kept by a function parameter", func() { go keptByParameter(func(f func()) { later = append(later, f) }) })
	program("a group whose Done is a value", func() { go groupDone() })
	program("a group that is embedded", func() { go groupEmbedded() })
	program("a group in another's hands", func() { go groupHanded() })
	program("a group whose Go waits", func() { go groupGo() })
	program("a group whose Go takes a function's name", func() { go groupGoNamed() })
	program("a group whose Go takes a method", func() { go groupGoMethod() })
	program("a lock given back by another", func() { go lockGivenBack() })
	program("a lock with a condition", func() { go lockCondition() })
	program("a wait in a function that tests its channel", func() { go testsChannel() })
}

var (
	later   []func()
	shelf   chan int
	shelfMu sync.Mutex
	any1    any
)

// keep has f called once all may go on.
func keep(f func()) { go func() { work(); f() }() }

func keptByVariable() {
	ch := make(chan int)
	shelfMu.Lock()
	shelf = ch
	shelfMu.Unlock()
	keep(func() { shelf <- 1 })
	<-ch
}

type task struct{ end func() }

func keptByStruct() {
	ch := make(chan int)
	t := task{end: func() { ch <- 1 }}
	keep(t.end)
	<-ch
}

type port chan int

func (p port) push() { p <- 1 }

func keptByMethod() {
	ch := make(chan int)
	keep(port(ch).push)
	<-ch
}

func keptByTimer() {
	ch := make(chan int)
	time.AfterFunc(2*time.Second, func() { ch <- 1 })
	<-ch
}

func keptByContext() {
	ctx, cancel := context.WithCancel(context.Background())
	ch := make(chan int)
	context.AfterFunc(ctx, func() { ch <- 1 })
	keep(cancel)
	<-ch
}

type handle struct{ n [4]int }

func keptByFinalizer() {
	ch := make(chan int)
	h := &handle{}
	runtime.SetFinalizer(h, func(*handle) { close(ch) })
	keep(func() { runtime.KeepAlive(h); h = nil; runtime.GC() })
	<-ch
}

func keptByCleanup() {
	ch := make(chan int)
	h := &handle{}
	runtime.AddCleanup(h, func(c chan int) { close(c) }, ch)
	keep(func() { runtime.KeepAlive(h); h = nil; runtime.GC() })
	<-ch
}

func keptByReflection() {
	ch := make(chan int)
	v := reflect.ValueOf(ch)
	keep(func() { v.Send(reflect.ValueOf(1)) })
	<-ch
}

func keptByUnsafe() {
	ch := make(chan int)
	p := unsafe.Pointer(&ch)
	keep(func() { *(*chan int)(p) <- 1 })
	<-ch
}

func keptByChannel() {
	all := make(chan chan int, 1)
	ch := make(chan int)
	all <- ch
	keep(func() { c := <-all; c <- 1 })
	<-ch
}

func keptByPull() {
	ch := make(chan int)
	seq := func(yield func(int) bool) {
		for yield(1) {
		}
		ch <- 1
	}
	next, stop := iter.Pull(iter.Seq[int](seq))
	next()
	keep(stop)
	<-ch
}

type box[T any] struct{ value T }

func (b *box[T]) get() T { return b.value }

func keptByBox() {
	ch := make(chan int)
	b := &box[chan int]{ch}
	keep(func() { b.get() <- 1 })
	<-ch
}

func same[T any](v T) T { return v }

func keptByGeneric() {
	ch := make(chan int)
	other := same(ch)
	keep(func() { other <- 1 })
	<-ch
}

func keptByArray() {
	ch := make(chan int)
	a := [...]chan int{ch}
	keep(func() { a[0] <- 1 })
	<-ch
}

func keptByMap() {
	ch := make(chan int)
	m := map[string]chan int{}
	m["a"] = ch
	keep(func() { m["a"] <- 1 })
	<-ch
}

func keptByPair() {
	ch := make(chan int)
	p := struct{ in, out chan int }{out: ch}
	keep(func() { p.out <- 1 })
	<-ch
}

func keptByTwo() {
	ch := make(chan int)
	n, other := 1, ch
	keep(func() { other <- n })
	<-ch
}

func named() (ch chan int) {
	ch = make(chan int)
	go func() { <-ch }()
	return
}

func several() (chan int, error) {
	ch := make(chan int)
	go func() { <-ch }()
	return ch, nil
}

func keptBySyncMap() {
	ch := make(chan int)
	var m sync.Map
	m.Store(1, ch)
	keep(func() { v, _ := m.Load(1); v.(chan int) <- 1 })
	<-ch
}

func keptByPool() {
	ch := make(chan int)
	stop := make(chan int)
	pool := sync.Pool{New: func() any { return ch }}
	keep(func() { pool.New().(chan int) <- 1; close(stop) })
	<-ch
	<-stop
}

func keptByOnce() {
	ch := make(chan int)
	once := sync.OnceFunc(func() { close(ch) })
	keep(once)
	<-ch
}

func spread(list ...chan int) {
	keep(func() {
		for _, ch := range list {
			ch <- 1
		}
	})
}

func keptByVariadic() {
	ch := make(chan int)
	spread(ch)
	<-ch
}

func keptBySlices() {
	ch := make(chan int)
	all := slices.Collect(func(yield func(chan int) bool) { yield(ch) })
	keep(func() { all[0] <- 1 })
	<-ch
}

func keptByInterface() {
	ch := make(chan int)
	any1 = (<-chan int)(ch)
	send := (chan<- int)(ch)
	keep(func() { send <- 1 })
	<-ch
}

func keptByAnonymous() {
	ch := make(chan int)
	var held struct{ ch chan int }
	held.ch = ch
	keep(func() { held.ch <- 1 })
	<-ch
}

func keptByDefer() {
	ch := make(chan int)
	done := make(chan int)
	go func() { <-ch; close(done) }()
	func() {
		defer func() { keep(func() { ch <- 1 }) }()
	}()
	<-done
}

func keptByParameter(register func(func())) {
	ch := make(chan int)
	register(func() { ch <- 1 })
	keep(func() {
		for _, f := range later {
			f()
		}
	})
	<-ch
}

func groupDone() {
	var wg sync.WaitGroup
	wg.Add(1)
	keep(wg.Done)
	wg.Wait()
}

func groupEmbedded() {
	var g struct{ sync.WaitGroup }
	g.Add(1)
	keep(func() { g.Done() })
	g.Wait()
}

func finish(wg *sync.WaitGroup) { keep(func() { wg.Done() }) }

func groupHanded() {
	var wg sync.WaitGroup
	wg.Add(1)
	finish(&wg)
	wg.Wait()
}

func groupGo() {
	var wg sync.WaitGroup
	wg.Go(func() { work() })
	wg.Wait()
}

func groupGoNamed() {
	var wg sync.WaitGroup
	wg.Go(work)
	wg.Wait()
}

type worker struct{}

func (worker) run() { work() }

func groupGoMethod() {
	var wg sync.WaitGroup
	wg.Go(worker{}.run)
	wg.Wait()
}

func lockGivenBack() {
	var mu sync.Mutex
	mu.Lock()
	give := mu.Unlock
	keep(give)
	mu.Lock()
	mu.Unlock()
}

func lockCondition() {
	var mu sync.Mutex
	ready := false
	cond := sync.NewCond(&mu)
	keep(func() { mu.Lock(); ready = true; mu.Unlock(); cond.Broadcast() })
	mu.Lock()
	for !ready {
		cond.Wait()
	}
	mu.Unlock()
}

func testsChannel() {
	ch := make(chan int)
	if ok := ch != nil; ok {
		keep(func() { close(ch) })
	}
	<-ch
}
