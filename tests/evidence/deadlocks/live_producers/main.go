package main

import (
	"sync"

	"example.com/deadlocks/capture"
)

type Log struct {
	mu    sync.Mutex
	lines chan string
}

var log = &Log{lines: make(chan string)}

func (l *Log) Print(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines <- line
}

func (l *Log) drain() (n int) {
	for line := range l.lines {
		for range 1000 {
			n += len(line)
		}
	}
	return n
}

func main() {
	go log.drain()
	for range 20 {
		go func() {
			for {
				log.Print("line")
			}
		}()
	}
	capture.Blocked(15, "sync.Mutex.Lock")
	capture.Write()
}
