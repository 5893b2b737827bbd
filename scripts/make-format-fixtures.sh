#!/bin/sh
# Makes fixtures/formats/go1.N from the zoo program: every form in which a Go program hands out
# its goroutines. Usage: scripts/make-format-fixtures.sh [RELEASE…], as 1.27.
#
# The toolchain of a release lies, or is linked, at /src/go1.N, and the program is built in
# /src/zoo, so that no fixture holds a path of the machine that made it.
set -eu
here=$(cd "$(dirname "$0")/../fixtures/formats" && pwd)
work=/src/zoo
rm -rf "$work" && cp -r "$here/zoo" "$work" && cd "$work"
export GOFLAGS="-p=1 -buildvcs=false" GOTOOLCHAIN=local GOTRACEBACK=

# Runs a program until it says that it is ready, sends it a signal and keeps what it says then.
quit() {
    to=$1 && shift
    rm -f "$work/ready" && : >"$work/ready"
    timeout 60 "$@" wait >"$work/ready" 2>"$to" &
    pid=$!
    until grep -q ready "$work/ready" || ! kill -0 "$pid"; do sleep 0.05; done
    kill -QUIT "$pid"
    wait "$pid" || true
}

dies() {
    to=$1 && shift
    timeout 60 "$@" >/dev/null 2>"$to" || true
}

for release in "${@:-1.27}"; do
    export GOROOT=/src/go$release
    go=$GOROOT/bin/go
    out=$here/go$release
    rm -rf "$out" && mkdir -p "$out"
    experiment=
    [ "$release" != 1.26 ] || experiment=goroutineleakprofile
    GOEXPERIMENT=$experiment CGO_ENABLED=0 "$go" build -o plain .
    CGO_ENABLED=0 "$go" build -trimpath -o trimmed .
    CGO_ENABLED=1 "$go" build -o withcgo .

    ./plain write "$out"
    mkdir -p busy && ./plain busy busy && for f in busy/goroutine.*; do cp "$f" "$out/busy.${f#busy/goroutine.}"; done
    GODEBUG=tracebacklabels=1 ./plain write busy && cp busy/goroutine.debug2.txt "$out/labels.txt"
    GODEBUG=tracebackancestors=5 ./plain write busy && cp busy/goroutine.debug2.txt "$out/ancestors.txt"
    ./trimmed write busy && cp busy/goroutine.debug2.txt "$out/trimmed.txt"
    dies "$out/panic.txt" env GOTRACEBACK=all ./plain panic
    dies "$out/again.txt" ./plain again
    dies "$out/fatal.txt" ./plain fatal
    dies "$out/deadlock.txt" ./plain deadlock
    quit "$out/sigquit.txt" ./plain
    quit "$out/system.txt" env GOTRACEBACK=system ./plain
    quit "$out/crash.txt" env GOTRACEBACK=crash ./plain
    sed 's/"wait"/"waiting"/; s/"cgo"/"wait"/' main.go >main.new && mv main.new main.go
    CGO_ENABLED=1 "$go" build -o withcgo . && quit "$out/cgo.txt" env GOTRACEBACK=all ./withcgo
    cp "$here/zoo/main.go" main.go
    [ "$release" \< 1.25 ] || GODEBUG=asynctimerchan=0 CGO_ENABLED=0 "$go" test -run TestBubble -timeout 300ms . >"$out/bubble.txt" 2>&1 || true
    CGO_ENABLED=0 "$go" test -run 'TestHangs|TestPanics' -timeout 300ms . >"$out/timeout.txt" 2>&1 || true
    CGO_ENABLED=0 "$go" test -json -run 'TestHangs|TestPanics' -timeout 300ms . >"$out/timeout.jsonl" 2>&1 || true
done
