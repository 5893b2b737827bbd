// Command lookalikes runs one healthy program that looks as if it leaked, and takes its profiles.
//
//	lookalikes NAME FOLDER
//
// It ends with status 3 if the program was not healthy: if goroutines are left once all may go on.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"
)

// release is closed once the profiles are taken: until then everybody is at work.
var release = make(chan struct{})

// work is what a healthy goroutine is busy with while the profiles are taken.
func work() { <-release }

// pause lets others get on, as work in between does.
func pause() { time.Sleep(time.Millisecond) }

var programs = map[string]func(){}

func program(name string, run func()) { programs[name] = run }

func main() {
	before := runtime.NumGoroutine()
	programs[os.Args[1]]()
	settle()
	write(os.Args[2], "goroutine")
	close(release)
	for range 500 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
	os.Exit(3)
}

// settle waits until the goroutines stay where they are.
func settle() {
	var last []byte
	for range 100 {
		time.Sleep(50 * time.Millisecond)
		var now bytes.Buffer
		pprof.Lookup("goroutine").WriteTo(&now, 1)
		if bytes.Equal(last, now.Bytes()) {
			return
		}
		last = now.Bytes()
	}
}

func write(folder, name string) {
	for debug, ending := range []string{"pb.gz", "debug1.txt", "debug2.txt"} {
		f, err := os.Create(filepath.Join(folder, fmt.Sprintf("%s.%s", name, ending)))
		if err != nil {
			log.Fatal(err)
		}
		if err := pprof.Lookup("goroutine").WriteTo(f, debug); err != nil {
			log.Fatal(err)
		}
		f.Close()
	}
}
