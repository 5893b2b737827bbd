// Package drive runs work that takes longer than its deadline.
package drive

import (
	"fmt"
	"time"

	"github.com/eapache/go-resiliency/deadline"
)

func Run() {
	limited := deadline.New(5 * time.Millisecond)
	for range 5 {
		fmt.Println(limited.Run(func(stopper <-chan struct{}) error {
			<-stopper
			return nil
		}))
	}
	fmt.Println(limited.Run(func(<-chan struct{}) error { return nil }))
	time.Sleep(20 * time.Millisecond)
}
