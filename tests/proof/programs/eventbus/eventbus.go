// Package eventbus subscribes listeners that wait for the end of a context nobody cancels.
package eventbus

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

type bus struct {
	mu        sync.Mutex
	listeners map[int]func(string)
}

func (b *bus) subscribe(ctx context.Context, id int, listen func(string)) {
	b.mu.Lock()
	b.listeners[id] = listen
	b.mu.Unlock()
	go func() {
		<-ctx.Done() //@leak("chan-receive"), preferred("defer-cancel")
		b.mu.Lock()
		delete(b.listeners, id)
		b.mu.Unlock()
	}()
}

func (b *bus) publish(event string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, listen := range b.listeners {
		listen(event)
		n++
	}
	return n
}

func collect(b *bus, id int, fail bool) (int, error) {
	ctx, cancel := context.WithCancel(context.Background())
	b.subscribe(ctx, id, func(string) {})
	if fail {
		return 0, errors.New("no collector")
	}
	n := b.publish("event")
	cancel()
	return n, nil
}

func Run() {
	for id := range 3 {
		b := &bus{listeners: map[int]func(string){}}
		n, err := collect(b, id, true)
		fmt.Println(n, err)
	}
	n, err := collect(&bus{listeners: map[int]func(string){}}, 9, false)
	fmt.Println(n, err)
}
