package main

// One activation that serves many objects, in every way that a loop or a deferred call can make.

func init() {
	program("deferred closure under a name, in a loop", func() { go namedDefers() })
	program("deferred function that receives, in a loop", func() { go deferredDrains() })
	program("deferred literal that closes, in a loop", func() { go deferredLiterals() })
	program("goroutines started by a jump back", func() { go jumpsBack() })
	program("goroutines started by a helper of another file", func() { go manyHelpers() })
	program("goroutines started by a recursive helper", func() { go recursiveHelper() })
	program("goroutines started by a closure called often", func() { go closureCalledOften() })
	program("one closer of many", func() { go closesForMany() })
	program("a sender that takes its time between receivers", func() { go slowSender() })
	program("an owner that recurs", func() { go recurs(8) })
	program("a loop over a function", func() { go overFunction() })
	program("a loop over an integer that starts several", func() { go severalATurn() })
	program("made in a loop and kept by a closure that runs later", func() { go laterCalls() })
	program("a closure that calls itself", func() { go selfCalls() })
	program("a parameter under a new name", func() { go renamed() })
	program("handed on three times", func() { go first() })
	program("a label to go on with", func() { go continues() })
	program("a switch that falls through", func() { go fallsThrough(1) })
	program("deferred while it panics", func() { go panics() })
	program("the receiver evaluates first", func() { go evaluates() })
}

func namedDefers() {
	for range 8 {
		done := make(chan struct{})
		stop := func() { close(done) }
		defer stop()
		go func() { <-done }()
	}
	work()
}

func deferredDrains() {
	for range 8 {
		ch := make(chan int)
		go func() { ch <- 1 }()
		defer drain(ch)
	}
	work()
}

func drain(ch chan int) { <-ch }

func deferredLiterals() {
	for range 8 {
		done := make(chan struct{})
		defer func() { close(done) }()
		go func() { <-done }()
	}
	work()
}

func jumpsBack() {
	n := 0
	ch := make(chan int)
again:
	go func() { ch <- n }()
	if n++; n < 8 {
		goto again
	}
	work()
	for range 8 {
		<-ch
	}
}

func manyHelpers() {
	ch := make(chan int)
	for range 8 {
		sendLater(ch)
	}
	work()
	for range 8 {
		<-ch
	}
}

func recursiveHelper() {
	ch := make(chan int)
	sendOften(ch, 8)
	work()
	for range 8 {
		<-ch
	}
}

func sendOften(ch chan int, n int) {
	if n == 0 {
		return
	}
	go func() { ch <- n }()
	sendOften(ch, n-1)
}

func closureCalledOften() {
	ch := make(chan int)
	start := func() { go func() { ch <- 1 }() }
	for range 8 {
		start()
	}
	work()
	for range 8 {
		<-ch
	}
}

func closesForMany() {
	ready := make(chan struct{})
	for range 8 {
		go func() { <-ready }()
	}
	work()
	close(ready)
}

func slowSender() {
	jobs := make(chan int)
	for range 8 {
		go func() {
			for range jobs {
			}
		}()
	}
	for n := range 20 {
		jobs <- n
		if n == 10 {
			work()
		}
	}
	close(jobs)
}

func recurs(depth int) {
	ch := make(chan int)
	go func() { ch <- depth }()
	if depth > 0 {
		recurs(depth - 1)
	} else {
		work()
	}
	<-ch
}

func turns(yield func(int) bool) {
	for n := range 8 {
		if !yield(n) {
			return
		}
	}
}

func overFunction() {
	ch := make(chan int)
	for n := range turns {
		go func() { ch <- n }()
	}
	work()
	for range turns {
		<-ch
	}
}

func severalATurn() {
	for range 4 {
		ch := make(chan int)
		for n := range 3 {
			go func() { ch <- n }()
		}
		defer func() {
			for range 3 {
				<-ch
			}
		}()
	}
	work()
}

func laterCalls() {
	var calls []func()
	for range 8 {
		ch := make(chan int)
		go func() { ch <- 1 }()
		calls = append(calls, func() { <-ch })
	}
	work()
	for _, call := range calls {
		call()
	}
}

func selfCalls() {
	ch := make(chan int)
	var start func(n int)
	start = func(n int) {
		if n > 0 {
			go func() { ch <- n }()
			start(n - 1)
		}
	}
	start(8)
	work()
	for range 8 {
		<-ch
	}
}

func renamed() {
	ch := make(chan int)
	for range 8 {
		go func(out chan<- int) { out <- 1 }(ch)
	}
	work()
	for range 8 {
		<-ch
	}
}

func first() {
	ch := make(chan int)
	go second(ch)
	<-ch
}

func second(ch chan int) { third(ch, 1) }

func third(ch chan int, n int) {
	work()
	ch <- n
}

func continues() {
	ch := make(chan int)
	go func() { ch <- 1 }()
	n := 0
outer:
	for {
		switch n {
		case 0:
			work()
			n++
			continue outer
		case 1:
			<-ch
			return
		}
	}
}

func fallsThrough(n int) {
	ch := make(chan int)
	go func() { ch <- 1 }()
	switch n {
	case 1:
		work()
		fallthrough
	case 2:
		<-ch
	}
}

func panics() {
	ch := make(chan int)
	go func() { ch <- 1 }()
	defer func() {
		recover()
		<-ch
	}()
	func() {
		defer work()
		panic("as it may")
	}()
}

func evaluates() {
	ch := make(chan int)
	go func() { <-ch }()
	ch <- slowly(1)
}

func slowly(n int) int {
	work()
	return n
}
