// Package stages is a pipeline in several files whose first stage forgets to close.
package stages

import "fmt"

func pipeline(values []int) int {
	numbers := make(chan int)
	doubled := make(chan int)
	go source(values, numbers)
	go double(numbers, doubled)
	sum := 0
	for range values {
		sum += <-doubled
	}
	return sum
}

func Run() {
	fmt.Println(pipeline([]int{1, 2, 3}), pipeline(nil))
}
