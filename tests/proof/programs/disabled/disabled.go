// Package disabled switches a case of its select off by a nil channel, as one should.
package disabled

import "fmt"

func merge(a, b []int) (sum int) {
	left, right := feed(a), feed(b)
	for left != nil || right != nil {
		select {
		case v, ok := <-left:
			if !ok {
				left = nil
				continue
			}
			sum += v
		case v, ok := <-right:
			if !ok {
				right = nil
				continue
			}
			sum += v
		}
	}
	return sum
}

func feed(values []int) <-chan int {
	out := make(chan int, len(values))
	for _, v := range values {
		out <- v
	}
	close(out)
	return out
}

var off chan int

func Run() {
	fmt.Println(merge([]int{1, 2}, []int{3}))
	go func() {
		<-off //@nofix("make-channel", "timeout-case")
	}()
}
