// Package spool puts jobs into a queue that a stopped printer no longer reads.
package spool

import (
	"context"
	"fmt"
)

type printer struct{ jobs chan string }

func submit(p *printer, job string) error {
	p.jobs <- job //@leak("chan-send"), cured("thread-context"), unsafe("thread-context")
	return nil
}

func serve(ctx context.Context, p *printer, jobs []string) {
	for _, job := range jobs {
		if err := submit(p, job); err != nil {
			return
		}
	}
}

func Run() {
	ctx, cancel := context.WithCancel(context.Background())
	p := &printer{make(chan string)}
	go serve(ctx, p, []string{"a", "b", "c"})
	fmt.Println(<-p.jobs)
	cancel()
}
