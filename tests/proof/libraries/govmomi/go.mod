module proof

go 1.25

require github.com/vmware/govmomi v0.19.0
