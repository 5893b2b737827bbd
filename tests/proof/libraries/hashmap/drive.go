// Package drive looks for the first element of a map.
package drive

import (
	"fmt"
	"time"

	"github.com/cornelk/hashmap"
)

func Run() {
	for range 5 {
		m := &hashmap.HashMap{}
		m.Set("a", 1)
		m.Set("b", 2)
		for range m.Iter() {
			break
		}
		fmt.Println(m.Len())
	}
	time.Sleep(20 * time.Millisecond)
}
