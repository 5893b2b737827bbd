// Package accept keeps what a service keeps: workers, a signal loop, a ticker, none of them leaked.
package accept

import (
	"context"
	"fmt"
	"sync"
	"time"
)

type pool struct {
	jobs chan func()
	once sync.Once
}

var shared pool

func (p *pool) start() {
	p.jobs = make(chan func())
	for range 2 {
		go p.work()
	}
	go p.tick(context.Background())
}

func (p *pool) work() {
	for job := range p.jobs {
		job()
	}
}

func (p *pool) tick(ctx context.Context) {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			fmt.Println("an hour passed")
		case <-ctx.Done():
			return
		}
	}
}

func Run() {
	shared.once.Do(shared.start)
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for i := range 5 {
		wg.Add(1)
		shared.jobs <- func() {
			defer wg.Done()
			mu.Lock()
			total += i
			mu.Unlock()
		}
	}
	wg.Wait()
	fmt.Println(total)
}
