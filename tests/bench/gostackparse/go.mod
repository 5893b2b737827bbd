module example.com/gostackparse

go 1.24

require github.com/DataDog/gostackparse v0.7.0
