module proof

go 1.25

require github.com/jellydator/ttlcache/v3 v3.0.0

require golang.org/x/sync v0.0.0-20210220032951-036812b2e83c // indirect
