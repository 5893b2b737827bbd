#!/bin/sh
# Makes the reports of go.uber.org/goleak in fixtures/formats/others, of its releases 1.1 and 1.3.
set -eu
out=$(cd "$(dirname "$0")/../fixtures/formats/others" && pwd)
work=/src/leakt
rm -rf "$work" && cp -r "$out/leakt" "$work" && cd "$work"
export GOROOT=/src/go1.26 GOTOOLCHAIN=local GOFLAGS="-p=1 -mod=mod -buildvcs=false"
go=$GOROOT/bin/go
"$go" get go.uber.org/goleak@v1.1.12
"$go" test . >"$out/goleak-1.1.txt" 2>&1 || true
"$go" get go.uber.org/goleak@v1.3.0
"$go" test . >"$out/goleak-1.3.txt" 2>&1 || true
"$go" test -json . >"$out/goleak-1.3.jsonl" 2>&1 || true
LATE=1 "$go" test . >"$out/goleak-main.txt" 2>&1 || true
