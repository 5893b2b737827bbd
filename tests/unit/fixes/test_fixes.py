"""Every fix on the example of its page and on its cases; what they give must build.

A file of `cases` holds cases of one fix: a name, Go source whose blocked line ends in
`// <-- here` (and the line where a goroutine waits with the lock in hand in `// <-- holds`), and
after `---` the title (`[safe]` where it is) and the result, or `nothing`.
Source without a package clause gets one and the imports of `context` and `time`.
`UPDATE_GOLDEN=1` rewrites the results; then the tests fail where they changed.
"""

import importlib
import itertools
import os
import pkgutil
import re
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

import goleak_lsp.fixes
from goleak_lsp.fixes.catalogue import FIXES as CATALOGUE
from goleak_lsp.fixes.model import Holder, Offer, Target
from goleak_lsp.fixes.registry import offer_of
from goleak_lsp.golang.declarations import Declarations, Routine
from goleak_lsp.golang.locking import held_at
from goleak_lsp.golang.syntax import GoFile, Operation
from goleak_lsp.text import apply_edits

CASES = Path(__file__).parent / "cases"
HERE = re.compile(rb"[ \t]*// <-- here")
HOLDS = re.compile(rb"[ \t]*// <-- holds")
HEADER = """package p

import (
	"context"
	"sync"
	"time"
)

var (
	_ context.Context
	_ sync.Locker
	_ time.Duration
)

"""
MODULES = [
    importlib.import_module(f"goleak_lsp.fixes.{module.name}")
    for module in pkgutil.iter_modules(goleak_lsp.fixes.__path__)
]
FIXES = [module for module in MODULES if hasattr(module, "NAME")]
BY_NAME = {fix.NAME: fix for fix in FIXES}


@dataclass(frozen=True)
class Case:
    fix: str
    name: str
    source: bytes
    title: str
    expected: str

    @property
    def id(self) -> str:
        return f"{self.fix}: {self.name}"


def read_cases(path: Path) -> list[Case]:
    found = []
    for text in path.read_text().split("### ")[1:]:
        name, _, rest = text.partition("\n")
        source, _, result = rest.partition("\n--- ")
        title, _, expected = result.partition("\n")
        found.append(Case(path.stem, name, source.strip("\n").encode() + b"\n", title, expected.strip("\n")))
    return found


ALL = [case for path in sorted(CASES.glob("*.txt")) for case in read_cases(path)]


def full(source: bytes) -> bytes:
    return source if re.search(rb"^package ", source, re.MULTILINE) else HEADER.encode() + source


def target_in(marked: bytes) -> Target:
    """The target for the line that `// <-- here` marks, the mark itself taken out."""
    mark = HERE.search(marked)
    file = GoFile.parse(HOLDS.sub(b"", HERE.sub(b"", marked, count=1)))
    assert not file.has_errors
    holding = [on_line(file, line_of(marked, each)) for each in HOLDS.finditer(marked)]
    return target_of(file, on_line(file, line_of(marked, mark)), holding)


def line_of(marked: bytes, mark: re.Match) -> int:
    return marked[: mark.start()].count(b"\n") + 1


def on_line(file: GoFile, line: int) -> Operation:
    found = [op for op in file.operations if op.line == line and not op.in_select]
    return (found or file.calls_on_line(line))[0]


def target_of(file: GoFile, operation: Operation, holding: list[Operation] | None = None) -> Target:
    """A target, with those who hold a lock at the operations of ``holding``, or anywhere where none are told."""
    function = file.functions[operation.function]
    holders = partial(holders_at, file, [*file.operations, *calls(file)] if holding is None else holding)
    path, kind = Path("x.go"), operation.kind
    return Target(path, file, function, operation, kind, "leaked", go_version="1.25", holders=holders)


def holders_at(file: GoFile, operations: list[Operation]) -> list[Holder]:
    path, found = Path("x.go"), []
    package = Declarations({path: file})
    for op in operations:
        for held in held_at(package, Routine(path, file, file.functions[op.function]), op.start):
            found.append(Holder(path, file, held.at, op.start, held.receiver, held.mode))
    return found


def fixed(case: Case) -> tuple[Offer | None, bytes]:
    target = target_in(full(case.source))
    offer = offer_of(BY_NAME[case.fix], target)
    assert offer is None or target.operation.kind in CATALOGUE[case.fix], "the catalogue would never ask this fix"
    return offer, apply_edits(target.file.data, list(offer.edits)) if offer else b""


def outcome(case: Case) -> tuple[str, str]:
    offer, data = fixed(case)
    if offer is None:
        return "nothing", ""
    assert offer.fix == case.fix
    return offer.title + (" [safe]" if offer.safe else ""), data.decode().removeprefix(HEADER).strip("\n")


def test_every_fix_is_registered():
    assert set(CATALOGUE) == set(BY_NAME)


def test_results_are_up_to_date():
    if not os.environ.get("UPDATE_GOLDEN"):
        return
    for path in CASES.glob("*.txt"):
        parts = []
        for case in read_cases(path):
            title, text = outcome(case)
            parts.append(f"### {case.name}\n{case.source.decode()}--- {title}\n{text}\n".rstrip("\n") + "\n")
        path.write_text("\n".join(parts))


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_case(case: Case):
    assert outcome(case) == (case.title, case.expected)


def calls(file: GoFile) -> list[Operation]:
    """Every call, as a finding may blame one."""
    lines = range(1, len(file.lines.starts) + 1)
    return [op for line in lines for op in file.calls_on_line(line)]


def example(fix) -> tuple[str, str]:
    before, after = re.findall(r"```go\n(.*?)```", fix.__doc__, re.DOTALL)
    return before, after


def example_result(fix) -> tuple[bytes, bytes]:
    """What the fix makes of its page's example: it must be offered for one of its operations."""
    before, after = example(fix)
    file = GoFile.parse(full(before.encode()))
    for op in [*file.operations, *calls(file)]:
        offer = fix.offer(target_of(file, op))
        if offer is not None:
            return apply_edits(file.data, list(offer.edits)), full(after.encode())
    raise AssertionError("not offered for its own example")


@pytest.mark.parametrize("fix", FIXES, ids=lambda fix: fix.NAME)
def test_example_of_the_page(fix):
    result, expected = example_result(fix)
    assert result.decode() == expected.decode()


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_line_breaks_are_the_files(case: Case):
    """With CRLF the result is the same but for its line breaks, and offsets agree."""
    target = target_in(full(case.source).replace(b"\n", b"\r\n"))
    offer = offer_of(BY_NAME[case.fix], target)
    result = apply_edits(target.file.data, list(offer.edits)) if offer else b""
    assert result == fixed(case)[1].replace(b"\n", b"\r\n")


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_edits_are_apart_and_do_something(case: Case):
    offer, data = fixed(case)
    if offer is None:
        return
    edits = sorted(offer.edits, key=lambda e: e.start)
    assert all(a.end < b.start for a, b in itertools.pairwise(edits))
    assert data != target_in(full(case.source)).file.data


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_titles_say_what_an_unsafe_fix_costs(case: Case):
    offer, _ = fixed(case)
    if offer is not None:
        assert offer.safe or " (" in offer.title
        assert len(offer.title) <= 100


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """One module with a package for every result."""
    root = tmp_path_factory.mktemp("results")
    stubs = {"golang.org/x/sync": ("errgroup", ERRGROUP), "google.golang.org/grpc": ("", GRPC)}
    lines = "".join(f"require {path} v0.0.0\n\nreplace {path} => ./stubs/{path}\n" for path in stubs)
    (root / "go.mod").write_text(f"module example\n\ngo 1.25\n\n{lines}")
    for path, (package, source) in stubs.items():
        folder = root / "stubs" / path
        (folder / package).mkdir(parents=True)
        (folder / "go.mod").write_text(f"module {path}\n\ngo 1.21\n")
        (folder / package / "stub.go").write_text(source)
    for number, case in enumerate(ALL):
        result = fixed(case)[1]
        if result:
            (root / f"p{number}").mkdir()
            (root / f"p{number}" / "x.go").write_bytes(result)
    return root


ERRGROUP = """package errgroup

import "context"

type Group struct{}

func (g *Group) Go(f func() error) { _ = f() }

func WithContext(ctx context.Context) (*Group, context.Context) { return &Group{}, ctx }
"""


GRPC = """package grpc

type ClientConn struct{}

func NewClient(target string) (*ClientConn, error) { return &ClientConn{}, nil }

func (*ClientConn) Connect() {}

func (*ClientConn) Close() error { return nil }
"""


def go(*command: str, cwd: Path) -> str:
    environment = os.environ | {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOWORK": "off"}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment)
    return done.stdout + done.stderr


def test_results_are_formatted(built):
    assert go("gofmt", "-d", ".", cwd=built) == ""


def test_results_build_and_vet(built):
    assert go("go", "vet", "./...", cwd=built) == ""
