package stages

// source sends all values, in order.
func source(values []int, out chan<- int) {
	for _, v := range values {
		out <- v
	}
}
