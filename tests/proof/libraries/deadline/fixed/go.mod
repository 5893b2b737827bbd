module proof

go 1.25

require github.com/eapache/go-resiliency v1.3.0
