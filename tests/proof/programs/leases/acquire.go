package leases

// acquire asks the server for a lease and waits until it is granted.
func acquire(server chan<- chan int) int {
	grant := make(chan int)
	server <- grant
	return <-grant //@leak("chan-receive"), cured("thread-context")
}
