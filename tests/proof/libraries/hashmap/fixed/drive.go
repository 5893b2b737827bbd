// Package drive looks for the first element of a map.
package drive

import (
	"fmt"

	"github.com/cornelk/hashmap"
)

func Run() {
	for range 5 {
		m := hashmap.New[string, int]()
		m.Set("a", 1)
		m.Set("b", 2)
		m.Range(func(string, int) bool { return false })
		fmt.Println(m.Len())
	}
}
