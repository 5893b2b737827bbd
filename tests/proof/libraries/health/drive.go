// Package drive asks for a check that is slower than its time limit, as a probe does every few seconds.
package drive

import (
	"context"
	"fmt"
	"time"

	"github.com/hellofresh/health-go/v5"
)

func Run() {
	slow := func(context.Context) error {
		time.Sleep(20 * time.Millisecond)
		return nil
	}
	h, err := health.New(health.WithChecks(health.Config{Name: "db", Timeout: 5 * time.Millisecond, Check: slow}))
	if err != nil {
		panic(err)
	}
	for range 5 {
		measured := h.Measure(context.Background())
		fmt.Println(measured.Status, measured.Failures["db"])
	}
	time.Sleep(50 * time.Millisecond)
}
