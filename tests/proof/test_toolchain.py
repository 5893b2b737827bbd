"""The Go toolchain's own leak programs, bugs of well-known servers cut down to one file each.

Every eighth here, all of them with `make proof`. They race, sleep and print their profiles, so
what counts is that fixes build, that preferred ones empty the place, and that nothing crashes.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from proof.harness import TOOLCHAIN, Program, Proof

FOLDER = "src/runtime/testdata/testgoroutineleakprofile/goker"
RUNNER = """package {name}

var run func()

const yieldCount = 10

func register(name string, f func()) {{ run = f }}

func registerInit(string, func()) {{}}

func Run() {{ run() }}
"""


def foreign() -> list[Program]:
    command = ["go", "env", "GOROOT"]
    done = subprocess.run(command, env=os.environ | {"GOTOOLCHAIN": TOOLCHAIN}, capture_output=True, text=True)
    found = []
    for path in sorted(Path(done.stdout.strip(), FOLDER).glob("*.go")):
        name = path.stem
        if name != "main":
            data = re.sub(rb"^package main", b"package " + name.encode(), path.read_bytes(), count=1, flags=re.M)
            found.append(Program(name, {path.name: data, "runner.go": RUNNER.format(name=name).encode()}, {}, True))
    return found


ALL = foreign()
ONLY = os.environ.get("PROOF", "").split(",")
CHOSEN = ALL if ONLY == ["all"] else [p for p in ALL if p.name in ONLY] or ALL[4::8]
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def proof(tmp_path_factory) -> Proof:
    proof = Proof(tmp_path_factory.mktemp("toolchain"), CHOSEN, rounds=1)
    proof.prove()
    print("\n" + proof.table())
    return proof


def test_the_programs_are_there():
    assert len(ALL) > 50


def test_every_offered_fix_builds_and_adds_no_complaint(proof):
    assert [(t.name, t.complaints) for t in proof.trials if t.complaints or not t.compiles] == []


def test_preferred_fixes_crash_nothing(proof):
    preferred = [t for t in proof.trials if t.preferred]
    assert [(t.name, t.run.errors) for t in preferred if not t.run.ended] == []
    assert [(t.name, t.raced.errors) for t in preferred if not t.raced.ended and proof.raced[t.program.name]] == []


def test_preferred_fixes_empty_the_place(proof):
    assert [t.name for t in proof.trials if t.preferred and not t.cures] == []
