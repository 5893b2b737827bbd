package stages

// double doubles what it gets until there is no more.
func double(in <-chan int, out chan<- int) {
	defer close(out)
	for v := range in { //@leak("chan-range"), preferred("close-after-send")
		out <- 2 * v
	}
}
