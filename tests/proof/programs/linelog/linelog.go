// Package linelog has one writer for all lines: it waits for more, and nobody may close its channel.
package linelog

import (
	"fmt"
	"sync"
)

type logger struct {
	once  sync.Once
	lines chan string
	sent  sync.WaitGroup
}

func (l *logger) print(text string) {
	l.once.Do(func() {
		l.lines = make(chan string)
		go l.write()
	})
	l.sent.Add(1)
	l.lines <- text
}

func (l *logger) write() {
	for line := range l.lines { //@nofix("close-after-send", "defer-close"), unsafe("timeout-case")
		fmt.Println(line)
		l.sent.Done()
	}
}

var std logger

func Run() {
	for _, word := range []string{"one", "two"} {
		std.print(word)
	}
	std.sent.Wait()
}
