// Gostackparse reads dumps as github.com/DataDog/gostackparse does, and prints the seconds of each.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/DataDog/gostackparse"
)

func main() {
	for _, name := range os.Args[1:] {
		begun := time.Now()
		file, err := os.Open(name)
		if err != nil {
			panic(err)
		}
		goroutines, errors := gostackparse.Parse(file)
		if len(goroutines) == 0 || len(errors) > 0 {
			panic(fmt.Sprint(name, len(goroutines), errors))
		}
		fmt.Println(time.Since(begun).Seconds())
	}
}
