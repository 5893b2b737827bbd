#!/bin/sh
# Makes fixtures/formats/others/delve.txt: what the debugger in $DLV prints of the zoo's goroutines.
set -eu
here=$(cd "$(dirname "$0")/../fixtures/formats" && pwd)
work=/src/zoo
rm -rf "$work" && cp -r "$here/zoo" "$work" && cd "$work"
export GOROOT=/src/go1.26 GOTOOLCHAIN=local GOFLAGS="-p=1 -buildvcs=false" CGO_ENABLED=0
"$GOROOT/bin/go" build -gcflags='all=-N -l' -o debugged .
timeout 60 ./debugged wait >ready 2>&1 &
pid=$!
until grep -q ready ready || ! kill -0 "$pid"; do sleep 0.05; done
printf 'goroutines -t\nquit\nn\n' |
    timeout 60 "${DLV:-dlv}" attach "$(pgrep -P "$pid")" --allow-non-terminal-interactive=true >"$here/others/delve.txt" 2>/dev/null
kill "$pid"
