module proof

go 1.25

require github.com/cornelk/hashmap v1.0.8
