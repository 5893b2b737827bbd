// Package timeoutrpc calls a remote procedure and gives up after a time.
package timeoutrpc

import (
	"errors"
	"fmt"
	"time"
)

type reply struct {
	body []byte
	code int
}

var errLate = errors.New("late")

func invoke(method string, takes time.Duration) (*reply, error) {
	time.Sleep(takes)
	if method == "" {
		return nil, errors.New("no method")
	}
	return &reply{[]byte(method), 200}, nil
}

func call(method string, takes, limit time.Duration) (r *reply, err error) {
	type result struct {
		r   *reply
		err error
	}
	done := make(chan result)
	go func() {
		r, err := invoke(method, takes)
		done <- result{r, err} //@leak("chan-send"), preferred("buffer-of-one")
	}()
	select {
	case res := <-done:
		return res.r, res.err
	case <-time.After(limit):
		return nil, errLate
	}
}

func Run() {
	for i := range 6 {
		takes := time.Duration(0)
		if i%2 == 0 {
			takes = 40 * time.Millisecond
		}
		limit := 10 * time.Second
		if i%2 == 0 {
			limit = time.Millisecond
		}
		r, err := call("get", takes, limit)
		fmt.Println(r != nil, err)
	}
}
