module proof

go 1.25

require github.com/gocarina/gocsv v0.0.0-20210516172204-ca9e8a8ddea8
