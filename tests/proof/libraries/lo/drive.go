// Package drive starts work beside the main one and does not wait for it where the main one fails.
package drive

import (
	"errors"
	"fmt"
	"time"

	"github.com/samber/lo"
)

func Run() {
	for i := range 6 {
		price, err := quote(i)
		fmt.Println(price, err)
	}
	time.Sleep(30 * time.Millisecond)
}

func quote(item int) (int, error) {
	discount := lo.Async(func() int {
		time.Sleep(5 * time.Millisecond)
		return item
	})
	if item%2 == 1 {
		return 0, errors.New("sold out")
	}
	return 100 - <-discount, nil
}
