// Package capture writes a program's goroutine profiles once it has come to the state meant.
package capture

import (
	"bytes"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

// Blocked waits until n goroutines wait for the reason, as dumps spell it.
func Blocked(n int, reason string) {
	for {
		var dump bytes.Buffer
		pprof.Lookup("goroutine").WriteTo(&dump, 2)
		if strings.Count(dump.String(), "["+reason+"]") >= n {
			return
		}
		runtime.Gosched()
		time.Sleep(time.Millisecond)
	}
}

// Write writes the profiles into the folder that the program was given, and ends the program.
func Write() {
	Snapshot("")
	os.Exit(0)
}

// Snapshot writes the profiles under names that end in suffix.
func Snapshot(suffix string) {
	write("goroutine", 0, "goroutine"+suffix+".pb.gz")
	write("goroutine", 2, "goroutine"+suffix+".debug2.txt")
	if pprof.Lookup("goroutineleak") != nil {
		write("goroutineleak", 2, "goroutineleak"+suffix+".debug2.txt")
	}
}

func write(profile string, debug int, name string) {
	f, err := os.Create(filepath.Join(os.Args[1], name))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := pprof.Lookup(profile).WriteTo(f, debug); err != nil {
		log.Fatal(err)
	}
}
