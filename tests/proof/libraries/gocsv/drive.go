// Package drive reads small files row by row.
package drive

import (
	"fmt"
	"time"

	"github.com/gocarina/gocsv"
)

type row struct {
	ID   string `csv:"id"`
	Name string `csv:"name"`
}

func Run() {
	sum := 0
	for range 100 {
		err := gocsv.UnmarshalStringToCallbackWithError("id,name\n1,ann\n2,bob\n", func(r row) error {
			sum += len(r.ID + r.Name)
			return nil
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(sum)
	time.Sleep(20 * time.Millisecond)
}
