// Package erronce validates in the background; the caller only cares for the error, if at all.
package erronce

import (
	"errors"
	"fmt"
)

type order struct {
	id    int
	items []string
}

func (o order) validate() error {
	if len(o.items) == 0 {
		return errors.New("empty order")
	}
	return nil
}

func submit(o order, strict bool) error {
	errs := make(chan error)
	go func() {
		defer close(errs)
		if err := o.validate(); err != nil {
			errs <- err //@leak("chan-send"), preferred("buffer-of-one")
		}
	}()
	if !strict {
		return nil
	}
	return <-errs
}

func Run() {
	fmt.Println(submit(order{1, []string{"x"}}, true))
	fmt.Println(submit(order{2, nil}, true))
	for i := range 5 {
		fmt.Println(submit(order{i, nil}, false))
	}
}
