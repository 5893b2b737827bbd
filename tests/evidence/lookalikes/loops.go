package main

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Loops that run or wait and come to an end, in ways that are easily overlooked.

func init() {
	program("a spinning reader that is stopped", func() { go spinning() })
	program("a loop that recover ends", func() { go recovered() })
	program("a loop that a callback ends", func() { go calledBack() })
	program("a loop that Goexit ends", func() { go exits() })
	program("many that compute", func() {
		for range 8 {
			go computes()
		}
	})
	program("many that yield", func() {
		for range 8 {
			go yields()
		}
	})
	program("a select with a default", func() { go polls() })
	program("a loop over a context's error", func() { go asksContext() })
	program("a spin lock", func() {
		for range 8 {
			go spins()
		}
	})
	program("a producer that is polled", func() { go polledProducer() })
	program("workers between jobs", func() { go betweenJobs() })
	program("an errgroup of its own with a queue", func() { go queued() })
	program("a barrier", func() { go barrier() })
	program("a pipeline", func() { go pipeline() })
	program("a semaphore", func() { go semaphore() })
	program("a future", func() { go future() })
	program("first of several wins", func() { go firstWins() })
	program("a broadcast by close", func() { go broadcast() })
	program("a rate limit", func() { go rateLimit() })
	program("single flight", func() { go singleFlight() })
	program("a heartbeat", func() { go heartbeat() })
}

var stopped atomic.Bool

func spinning() {
	keep(func() { stopped.Store(true) })
	for !stopped.Load() {
		runtime.Gosched()
	}
}

func recovered() {
	defer func() { recover() }()
	var list []int
	for n := 0; ; n++ {
		pause()
		select {
		case <-release:
			list[n] = n
		default:
		}
	}
}

func loop(turn func() bool) {
	for {
		if !turn() {
			return
		}
	}
}

func calledBack() {
	n := 0
	loop(func() bool {
		n++
		select {
		case <-release:
			return false
		default:
			return true
		}
	})
}

func check() {
	select {
	case <-release:
		runtime.Goexit()
	default:
	}
}

func exits() {
	for {
		check()
	}
}

var sink atomic.Uint64

func computes() {
	for n := uint64(1); ; n = n*6364136223846793005 + 1442695040888963407 {
		if n%(1<<20) == 0 {
			select {
			case <-release:
				return
			default:
				sink.Add(n)
			}
		}
	}
}

func yields() {
	for {
		runtime.Gosched()
		if isReleased() {
			return
		}
	}
}

func isReleased() bool {
	select {
	case <-release:
		return true
	default:
		return false
	}
}

func polls() {
	ch := make(chan int)
	go func() { work(); ch <- 1 }()
	for {
		select {
		case <-ch:
			return
		default:
			pause()
		}
	}
}

func asksContext() {
	ctx, cancel := context.WithCancel(context.Background())
	keep(cancel)
	for ctx.Err() == nil {
		pause()
	}
}

var spinLock atomic.Int32

func spins() {
	for !spinLock.CompareAndSwap(0, 1) {
		runtime.Gosched()
	}
	work()
	spinLock.Store(0)
}

func polledProducer() {
	ch := make(chan int)
	go func() { ch <- 1 }()
	for {
		time.Sleep(time.Millisecond)
		if !isReleased() {
			continue
		}
		select {
		case <-ch:
			return
		default:
		}
	}
}

func betweenJobs() {
	jobs, results := make(chan int), make(chan int)
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range jobs {
				results <- j
			}
		}()
	}
	go func() { wg.Wait(); close(results) }()
	go func() {
		defer close(jobs)
		for n := range 8 {
			jobs <- n
		}
		work()
	}()
	for range results {
	}
}

// queue runs functions on two goroutines, and keeps the others until these are free.
type queue struct {
	sync.WaitGroup
	mu   sync.Mutex
	list []func()
	busy int
}

func (q *queue) Go(f func()) {
	q.Add(1)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy == 2 {
		q.list = append(q.list, f)
		return
	}
	q.busy++
	go q.run(f)
}

func (q *queue) run(f func()) {
	for f != nil {
		f()
		q.Done()
		q.mu.Lock()
		if f = nil; len(q.list) > 0 {
			f, q.list = q.list[0], q.list[1:]
		} else {
			q.busy--
		}
		q.mu.Unlock()
	}
}

func queued() {
	var g queue
	ch := make(chan int)
	for range 2 {
		g.Go(work)
	}
	g.Go(func() { ch <- 1 })
	<-ch
	g.Wait()
}

func barrier() {
	var wg sync.WaitGroup
	open := make(chan struct{})
	wg.Add(8)
	for n := range 8 {
		go func() {
			if n == 0 {
				work()
			}
			wg.Done()
			<-open
		}()
	}
	wg.Wait()
	close(open)
}

func stage(in <-chan int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for v := range in {
			out <- v + 1
		}
	}()
	return out
}

func pipeline() {
	source := make(chan int)
	go func() {
		defer close(source)
		for n := range 100 {
			source <- n
		}
	}()
	for v := range stage(stage(stage(source))) {
		if v == 50 {
			work()
		}
	}
}

func semaphore() {
	slots := make(chan struct{}, 2)
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			work()
		}()
	}
	wg.Wait()
}

func future() {
	done := make(chan struct{})
	var value int
	go func() {
		defer close(done)
		work()
		value = 1
	}()
	for range 4 {
		go func() { <-done; _ = value }()
	}
	<-done
}

func firstWins() {
	ch := make(chan int, 8)
	for n := range 8 {
		go func() { work(); ch <- n }()
	}
	<-ch
}

func broadcast() {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { <-stop })
	}
	keep(func() { close(stop) })
	wg.Wait()
}

func rateLimit() {
	tokens := make(chan struct{})
	for range 8 {
		go func() { <-tokens }()
	}
	for n := range 8 {
		if n == 3 {
			work()
		}
		tokens <- struct{}{}
	}
}

func singleFlight() {
	var mu sync.Mutex
	calls := map[string]chan int{}
	for range 8 {
		go func() {
			mu.Lock()
			if c, ok := calls["a"]; ok {
				mu.Unlock()
				<-c
				return
			}
			c := make(chan int)
			calls["a"] = c
			mu.Unlock()
			work()
			close(c)
		}()
	}
}

func heartbeat() {
	stop, beats := make(chan struct{}), make(chan int)
	go func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		defer close(beats)
		for {
			select {
			case <-ticker.C:
				select {
				case beats <- 1:
				default:
				}
			case <-stop:
				return
			}
		}
	}()
	keep(func() { close(stop) })
	for range beats {
	}
}
