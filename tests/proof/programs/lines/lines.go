// Package lines reads records from a reader in the background; the consumer waits for more.
package lines

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

func parse(r io.Reader) []string {
	records := make(chan string)
	go func() {
		scanner := bufio.NewScanner(r)
		for scanner.Scan() {
			records <- strings.ToUpper(scanner.Text())
		}
	}()
	done := make(chan []string, 1)
	go func() {
		var all []string
		for record := range records { //@leak("chan-range"), preferred("close-after-send")
			all = append(all, record)
			if record == "END" {
				done <- all
			}
		}
	}()
	return <-done
}

func Run() {
	fmt.Println(parse(strings.NewReader("a\nb\nend\n")))
	fmt.Println(parse(strings.NewReader("end\n")))
}
