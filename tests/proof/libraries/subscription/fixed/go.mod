module proof

go 1.25

require github.com/ethereum/go-ethereum v1.9.11

require github.com/aristanetworks/goarista v0.0.0-20170210015632-ea17b1a17847 // indirect
