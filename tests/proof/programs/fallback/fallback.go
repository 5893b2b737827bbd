// Package fallback takes what is there and otherwise does the work itself: its default must stay.
package fallback

import "fmt"

var pool = make(chan []byte, 1)

func get() []byte {
	select {
	case buffer := <-pool:
		return buffer
	default:
		return make([]byte, 4)
	}
}

func put(buffer []byte) {
	select {
	case pool <- buffer:
	default:
	}
}

var waiting = make(chan int)

func Run() {
	a, b := get(), get()
	put(a)
	put(b)
	fmt.Println(len(a) + len(b))
	go func() {
		for {
			select {
			case v := <-waiting:
				fmt.Println(v)
			default:
				fmt.Println(<-waiting) //@nofix("default-to-case", "timeout-case")
			}
		}
	}()
}
