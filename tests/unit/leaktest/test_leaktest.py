"""Leak tests as they are written: each is run as it is, and with the fix, in a module of its own.

A case is a program whose blocked line ends in `// <-- here`. It is run once, by a test that its
profile is taken from, as an editor would get it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.fixes.registry import offers, place_of
from goleak_lsp.fixes.verify import Result, verify
from goleak_lsp.leaktest.offer import LeakTest, Refused, leak_test
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.formats import decode
from goleak_lsp.settings import Evidence
from goleak_lsp.text import apply_edits

FIXTURES = Path(__file__).parents[3] / "fixtures"
RECORD = """package main

import (
	"os"
	"runtime/pprof"
	"testing"
	"time"
)

func TestRecord(t *testing.T) {
	main()
	time.Sleep(50 * time.Millisecond)
	file, err := os.Create("goroutine.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	pprof.Lookup("goroutine").WriteTo(file, 2)
}
"""
WORKER = """package main

import (
	"context"
	"os"
)

type store interface {
	load(key string) (int, error)
	name() string
}

type worker struct {
	store store
	jobs  chan string
}

func (w *worker) loop(ctx context.Context) {
	for job := range w.jobs {
		if _, err := w.store.load(job); err != nil {
			return
		}
	}
}

type disk struct{ root *os.Root }

func (d disk) load(key string) (int, error) { return len(key), nil }
func (d disk) name() string                 { return d.root.Name() }

func main() {
	root, err := os.OpenRoot(".")
	if err != nil {
		panic(err)
	}
	w := &worker{disk{root}, make(chan string)}
	go w.loop(context.Background())
	w.jobs <- root.Name()
}
"""
LEDGER = """package main

import "sync"

type ledger struct {
	mu    sync.Mutex
	total int
}

func (l *ledger) add(n int) bool {
	l.mu.Lock()
	if n < 0 {
		return false
	}
	l.total += n
	l.mu.Unlock()
	return true
}

func main() {
	l := &ledger{}
	l.add(-1)
	for range 9 {
		go l.add(1)
	}
}
"""


def go(folder: Path, *command: str) -> tuple[bool, str]:
    environment = os.environ | {"GOFLAGS": "-mod=mod", "GOWORK": "off"}
    done = subprocess.run(["go", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    return done.returncode == 0, done.stdout + done.stderr


class Module:
    """A module with one program, and the finding of it that has a fix."""

    def __init__(self, folder: Path, source: str, version: str, extra: str = "") -> None:
        self.folder = folder
        (folder / "go.mod").write_text(f"module example.com/p\n\ngo {version}\n{extra}")
        (folder / "main.go").write_text(source)
        (folder / "record_test.go").write_text(RECORD)
        passed, said = go(folder, "test", "-run", "TestRecord", ".")
        assert passed, said
        (folder / "record_test.go").unlink()
        self.tree = SourceTree(folder)
        shot = ("p", decode((folder / "goroutine.txt").read_bytes())[0][-1])
        found = analyse([shot], [], self.tree, Evidence(crowded=1))
        # As a series of snapshots would show.
        self.findings = [f._replace(evidence="growing") for f in found if place_of(f)[0]]

    def test(self) -> LeakTest | Refused:
        finding = self.findings[0]
        path, (at, _) = place_of(finding)
        return leak_test(finding, self.tree.read(path), at, self.tree, self.tree.read, self.findings)

    def fix(self) -> None:
        offer = offers(self.findings[0], self.tree)[0]
        for path, edits in offer.changes:
            path.write_bytes(apply_edits(path.read_bytes(), list(edits)))

    def is_formatted(self, path: Path) -> bool:
        done = subprocess.run(["gofmt", "-l", path], capture_output=True, text=True, check=True)
        return done.stdout == ""


def prove(module: Module) -> LeakTest:
    """The module's leak test, which builds, is formatted, fails as it is and passes once it is fixed."""
    test = module.test()
    assert isinstance(test, LeakTest), test
    assert verify(module.folder, {test.path: test.text.encode()}).result is Result.GOOD
    assert not test.path.exists()
    test.path.write_text(test.text)
    assert module.is_formatted(test.path)
    passed, said = go(module.folder, "test", "-vet=off", ".")
    assert not passed
    assert test.place.function in said
    module.fix()
    passed, said = go(module.folder, "test", "-vet=off", ".")
    assert passed, said
    return test


def test_a_double_stands_for_an_interface_that_a_test_cannot_have(tmp_path):
    test = prove(Module(tmp_path, WORKER, "1.25"))
    assert test.style == "synctest"
    assert "type noStore struct{}" in test.text
    assert "func (noStore) load(key string) (int, error) { return 0, nil }" in test.text


def test_before_synctest_the_stacks_are_read(tmp_path):
    test = prove(Module(tmp_path, WORKER.replace("*os.Root", "*os.File").replace("os.OpenRoot", "os.Open"), "1.21"))
    assert test.style == "stacks"


def test_a_lock_is_no_matter_for_a_bubble(tmp_path):
    assert prove(Module(tmp_path, LEDGER, "1.25")).style == "stacks"


def test_it_is_built_where_the_code_is(tmp_path):
    """Elsewhere a test of what is not there would break the package."""
    module = Module(tmp_path, LEDGER, "1.25")
    text = module.test().text
    constrained = f"//go:build !never_set || {sys.platform}\n\n{LEDGER}"
    (tmp_path / "main.go").write_text(constrained)
    finding = module.findings[0]
    file, at = module.tree.read(tmp_path / "main.go"), constrained.index("l.mu.Lock()")
    test = leak_test(finding, file, at, module.tree, module.tree.read, module.findings)
    assert test.text.startswith(f"//go:build !never_set || {sys.platform}\n\npackage main\n")
    assert test.text.split("package main", 1)[1].count("func Test") == text.count("func Test") == 1
    test.path.write_text(test.text)
    assert module.is_formatted(test.path)


def test_a_name_that_a_test_has_already_gets_a_number(tmp_path):
    module = Module(tmp_path, LEDGER, "1.25")
    name = module.test().name
    (tmp_path / "other_test.go").write_text(f'package main\n\nimport "testing"\n\nfunc {name}(t *testing.T) {{}}\n')
    assert prove(module).name == f"{name}2"


def test_there_is_one_test_file_a_source_file(tmp_path):
    module = Module(tmp_path, LEDGER, "1.25")
    (tmp_path / "main_leak_test.go").write_text("package main\n")
    assert module.test() == Refused("there is main_leak_test.go already")


def test_values_that_a_test_does_not_have_give_no_test(tmp_path):
    unknown = LEDGER.replace("l := &ledger{}", "l := get(os.Args)").replace('import "sync"', 'import ("os"; "sync")')
    module = Module(tmp_path, unknown + "\nfunc get([]string) *ledger { return &ledger{} }\n", "1.25")
    assert "with values that a test has" in module.test().reason


def test_a_crowd_is_no_leak(tmp_path):
    module = Module(tmp_path, LEDGER, "1.25")
    module.findings = [f._replace(evidence="crowded") for f in module.findings]
    assert module.test() == Refused("nothing shows that it is a leak")


def test_what_spins_may_be_right_to_wait(tmp_path):
    module = Module(tmp_path, LEDGER, "1.25")
    module.findings = [f._replace(kind="busy-loop") for f in module.findings]
    assert module.test().reason.startswith("it spins")


def leaky(folder: Path, go_mod: str) -> LeakTest:
    (folder / "go.mod").write_text(go_mod)
    source = (FIXTURES / "leaky/main.go").read_bytes()
    (folder / "main.go").write_bytes(re.sub(rb"[ \t]*//@.*", b"", source))
    tree = SourceTree(folder)
    profile = decode((FIXTURES / "leaky/profiles/go1.27-goroutineleak.pb.gz").read_bytes())[0][-1]
    finding = analyse([("p", profile)], [], tree, Evidence())[0]
    path, (at, _) = place_of(finding)
    return leak_test(finding, tree.read(path), at, tree, tree.read)


@pytest.mark.parametrize(
    ("go_mod", "style"),
    [
        ("go 1.24", "stacks"),
        ("go 1.25", "synctest"),
        ("go 1.27\n\nrequire go.uber.org/goleak v1.3.0", "goleak"),
        ("go 1.24\n\nrequire go.uber.org/goleak v1.3.0 // indirect", "stacks"),
    ],
)
def test_the_style_is_the_modules_own(tmp_path, go_mod, style):
    test = leaky(tmp_path, f"module example.com/leaky\n\n{go_mod}\n")
    assert test.style == style
    assert "\tgo myLeakyFunction(ctx)\n" in test.text
    assert "\tcancel()\n" in test.text
    assert "flag" not in test.text
