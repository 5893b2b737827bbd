package main

func sendLater(ch chan int) {
	go func() { ch <- 1 }()
}
