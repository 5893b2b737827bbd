module proof

go 1.25

require github.com/cornelk/hashmap v1.0.1

require github.com/dchest/siphash v1.1.0 // indirect
