// Package tailer follows a log until its reader stops it, but it never looks while it sends.
package tailer

import (
	"context"
	"fmt"
	"strings"
)

type line struct {
	number int
	text   string
}

func follow(ctx context.Context, log string, lines chan<- line) error {
	for i, text := range strings.Split(log, "\n") {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		lines <- line{i + 1, text} //@leak("chan-send"), cured("done-case"), unsafe("done-case")
	}
	return nil
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	lines := make(chan line)
	go follow(ctx, "a\nb\nc\nd", lines)
	l := <-lines
	fmt.Println(l.number, l.text)
	cancel()
}
