// Package buildfarm signals the end of a build, but not when the build fails.
package buildfarm

import (
	"errors"
	"fmt"
	"os"
)

func compile(target string) error {
	if target == "bad" {
		return errors.New("does not compile")
	}
	return nil
}

func build(target string, log *os.File) {
	done := make(chan struct{})
	go func() {
		if err := compile(target); err != nil {
			_ = err
			return
		}
		done <- struct{}{}
	}()
	<-done //@leak("chan-receive"), preferred("defer-send")
}

func Run() {
	build("good", os.Stdout)
	go build("bad", os.Stdout)
	go build("bad", os.Stdout)
	fmt.Println("builds started")
}
