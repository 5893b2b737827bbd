module proof

go 1.25

require github.com/gocarina/gocsv v0.0.0-20200827134620-49f5c3fa2b3e
