"""What `make-testable` makes of a `go` statement: it builds, is formatted, and ends when it is told to."""

import os
import subprocess

import pytest
from support.pages import pairs

from goleak_lsp.fixes.model import Target
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.leaktest.make_testable import make_testable
from goleak_lsp.text import apply_edits

POLL = """package p

import "time"

func poll(look func()) {
	look()
	go func() {
		for {
			look()
			time.Sleep(time.Millisecond)
		}
	}()
}

func use() { poll(func() {}) }
"""
SEND = """package p

import "context"

func forward(ctx context.Context, in []string, out chan<- string) {
	go func() {
		for _, v := range in {
			out <- v
		}
		// The end.
	}()
}
"""
LOCK = """package p

import "sync"

func count(mu *sync.Mutex, n *int) {
	go func() {
		mu.Lock()
		defer mu.Unlock()
		*n++
	}()
}
"""
TESTS = {
    POLL: "poll(func() {})()",
    SEND: 'forward(context.Background(), []string{"a"}, make(chan string))()',
    LOCK: "n := 0\n\tcount(new(sync.Mutex), &n)()\n\tif n != 1 {\n\t\tt.Fatal(n)\n\t}",
}
IMPORTS = {POLL: (), SEND: ("context",), LOCK: ("sync",)}


def made(source: str, kinds: tuple[str, ...] = ("chan-send", "chan-receive", "chan-range", "select", "sleep")):
    file = GoFile.parse(source.encode())
    assert not file.has_errors
    operation = next(o for o in file.operations if o.kind in (*kinds, "mutex-lock"))
    path = None
    return make_testable(Target(path, file, file.functions[operation.function], operation, operation.kind, "leaked"))


def applied(source: str) -> str:
    found = made(source)
    assert found is not None
    return apply_edits(source.encode(), list(found.edits)).decode()


@pytest.mark.parametrize("source", [POLL, SEND, LOCK], ids=["poll", "send", "lock"])
def test_the_goroutine_ends_when_the_result_is_called(tmp_path, source):
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.21\n")
    (tmp_path / "p.go").write_text(applied(source))
    lines = "".join(f'\t"{path}"\n' for path in (*IMPORTS[source], "testing"))
    test = f"package p\n\nimport (\n{lines})\n\nfunc TestIt(t *testing.T) {{\n\t{TESTS[source]}\n}}\n"
    (tmp_path / "p_test.go").write_text(test)
    environment = os.environ | {"GOFLAGS": "", "GOWORK": "off"}
    done = subprocess.run(
        ["go", "test", "-race", "-timeout=20s", "."], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert subprocess.run(["gofmt", "-l", "."], cwd=tmp_path, capture_output=True, text=True).stdout == ""


def test_the_page_shows_what_is_made():
    pair = next(iter(pairs("make-testable.md").values()))
    source = f"package p\n\n{pair['before']}"
    assert applied(source).endswith(pair["after"])


def test_titles_say_what_changes():
    assert made(POLL).title == "Let poll return a function that ends its goroutine and waits for it"
    assert made(LOCK).title == "Let count return a function that waits for its goroutine"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("func poll(look func()) {", "func poll(look func()) error {"),
        ("func poll(look", "func Poll(look"),
        ("\tlook()\n\tgo", "\tif look == nil {\n\t\treturn\n\t}\n\tgo"),
        ("\tgo func", "\tgo look()\n\tgo func"),
        ("func use() { poll(func() {}) }", "var use = poll"),
        ("look()\n\tgo", "done := 1\n\t_ = done\n\tgo"),
        ("}()\n}", "}()\n}\n\nfunc (p T) none() {}\n\ntype T struct{}"),
    ],
    ids=["result", "exported", "early return", "two", "a value", "a name", "control"],
)
def test_what_somebody_relies_on_is_left_alone(old, new, request):
    assert old in POLL
    found = made(POLL.replace(old, new, 1))
    assert (found is not None) == (request.node.callspec.id == "control")
