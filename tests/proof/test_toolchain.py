"""The Go toolchain's own leak programs, bugs of well-known servers cut down to one file each.

Every eighth here, all of them with `make proof`. They race, sleep and print their profiles, so
what counts is that fixes build, that preferred ones empty the place, and that nothing crashes.

A person's fix is local when what they changed in their repository (or, where that could not be
found, what the bug needs at the least as it is cut down here) stays within one function, its
closures and `go` statements included, and changes no type, nothing that other functions rely on
about a lock, and not the order of several functions' calls. The same slip in several functions
counts as one.
"""

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

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


class Person(NamedTuple):
    """What the people who wrote the code changed, and whether that is local."""

    change: str
    local: bool = True


PEOPLE = {
    "cockroach10214": Person("the heartbeats are taken from under the lock, and sent without it"),
    "cockroach1055": Person("another type of counter, and all stoppers quiesce before any stops", local=False),
    "cockroach10790": Person("a case on the channel that tells the store to stop"),
    "cockroach13197": Person("who begins a transaction rolls it back"),
    "cockroach13755": Person("who asks for rows closes them"),
    "cockroach1462": Person("the worker sends as a task that stopping waits for"),
    "cockroach16167": Person("another kind of lock, and an atomic value for what it protected", local=False),
    "cockroach18101": Person("a case on the context"),
    "cockroach2448": Person("events wait in a slice of the state when nobody takes them", local=False),
    "cockroach24808": Person("a default, for one message in the buffer is enough"),
    "cockroach25456": Person("a default, for it is only asked whether the store stops"),
    "cockroach35073": Person("the row channel is closed by a defer at the top"),
    "cockroach35931": Person("each receiver is told in a goroutine of its own"),
    "cockroach3710": Person("the replicas are copied, and the lock is given back before the queue is called"),
    "cockroach584": Person("the missing Unlock before each break"),
    "cockroach6181": Person("the text is made without locking a second time"),
    "cockroach7504": Person("the lease is removed from the cache after its lock is given back"),
    "cockroach9935": Person("the lock is given back before exit is called"),
    "etcd10492": Person("the lock is given back before the checkpointer is called"),
    "etcd5509": Person("the missing RUnlock before the return"),
    "etcd6708": Person("a copy of the client asks for the leader, apart from setting endpoints", local=False),
    "etcd6857": Person("a case on the channel that says that the node is done"),
    "etcd6873": Person("the lock is given back before waiting for the loop to end"),
    "etcd7492": Person("a lock in the place of three channels", local=False),
    "etcd7902": Person("each kind of runner locks for itself", local=False),
    "grpc1275": Person("streams in flight are told when a stream is closed"),
    "grpc1424": Person("the channel is closed by a defer"),
    "grpc1460": Person("the channel that wakes the loop is filled again"),
    "grpc3017": Person("the missing Unlock, by a defer"),
    "grpc660": Person("a buffer of one"),
    "grpc795": Person("Unlock where it said Lock"),
    "grpc862": Person("the connection is closed by the defer when dialling has failed"),
    "hugo3251": Person("the outer lock is given back before the inner one is taken"),
    "hugo5379": Person("the lock is taken before the goroutine is started, not in it"),
    "istio16224": Person("the lock is given back before the send"),
    "istio17860": Person("a second lock for restarts, and waiting without the first", local=False),
    "istio18454": Person("the timer is emptied without waiting"),
    "kubernetes10182": Person("the status is deleted in a goroutine of its own"),
    "kubernetes11298": Person("a channel in the place of a condition variable", local=False),
    "kubernetes13135": Person("a second lock in the type, for who uses it while it starts", local=False),
    "kubernetes1321": Person("a further channel in the type, which says that the watcher has stopped", local=False),
    "kubernetes25331": Person("a case on the context, and the cancel after it"),
    "kubernetes26980": Person("the lock is held only while the queue is looked at"),
    "kubernetes30872": Person("no lock around the question to the controller"),
    "kubernetes38669": Person("a further channel in the type, which says that the watcher has stopped", local=False),
    "kubernetes5316": Person("buffers of one"),
    "kubernetes58107": Person("the lock is taken after the work is taken from the queue"),
    "kubernetes62464": Person("no lock around functions that lock for themselves"),
    "kubernetes6632": Person("the channel is drained before the lock is taken"),
    "kubernetes70277": Person("a stop channel of its own, closed by a defer"),
    "moby17176": Person("the missing Unlock before the return"),
    "moby21233": Person("the test takes all that it is sent"),
    "moby25384": Person("the group is waited for behind the loop"),
    "moby27782": Person("the watch is removed in a goroutine of its own"),
    "moby28462": Person("the channel is closed, and a parameter tells probes whether they still count", local=False),
    "moby30408": Person("the wait ends with an error too"),
    "moby33781": Person("a buffer of one"),
    "moby36114": Person("a further function, for callers that hold the lock", local=False),
    "moby4951": Person("a further lock, and an order for all of them", local=False),
    "moby7559": Person("the missing Unlock before the continue"),
    "serving2137": Person("helpers that wait for what each request has reached", local=False),
    "syncthing4829": Person("the lock is given back before the subscribers are told"),
    "syncthing5795": Person("the connection is closed in a goroutine of its own"),
}
"""By the diffs of the GoBench benchmark, by the pull requests, and by Go's README of the programs."""


def foreign() -> list[Program]:
    command = ["go", "env", "GOROOT"]
    done = subprocess.run(command, env=os.environ | {"GOTOOLCHAIN": TOOLCHAIN}, capture_output=True, text=True)
    found = []
    for path in sorted(Path(done.stdout.strip(), FOLDER).glob("*.go")):
        name = path.stem
        if name != "main":
            data = re.sub(rb"^package main", b"package " + name.encode(), path.read_bytes(), count=1, flags=re.M)
            marks = {} if PEOPLE[name].local else {(path.name, 0): [("redesign", ())]}
            found.append(Program(name, {path.name: data, "runner.go": RUNNER.format(name=name).encode()}, marks, True))
    return found


ALL = foreign()
ONLY = os.environ.get("PROOF", "").split(",")
CHOSEN = ALL if ONLY == ["all"] else [p for p in ALL if p.name in ONLY] or ALL[4::8]
pytestmark = pytest.mark.timeout(900)


class Committed(Proof):
    """The programs are the only ones that their folder ever had, so that places in them are sure."""

    def written(self) -> None:
        author = ("-c", "user.name=proof", "-c", "user.email=proof@example.org")
        for command in (("init", "-q"), ("add", "p"), (*author, "commit", "-q", "-m", "As they are")):
            subprocess.run(["git", *command], cwd=self.root, check=True)


@pytest.fixture(scope="module")
def proof(tmp_path_factory) -> Proof:
    proof = Committed(tmp_path_factory.mktemp("toolchain"), CHOSEN, rounds=1)
    proof.prove()
    print("\n" + proof.table())
    cured = proof.cured()
    left = [p.name for p in CHOSEN if PEOPLE[p.name].local and p.name not in cured and proof.findings[p.name]]
    print(*(f"    {name}: {PEOPLE[name].change}" for name in left), sep="\n")
    return proof


def test_the_programs_are_there():
    assert {program.name for program in ALL} == set(PEOPLE)


def test_every_offered_fix_builds_and_adds_no_complaint(proof):
    assert [(t.name, t.complaints) for t in proof.trials if t.complaints or not t.compiles] == []


def test_preferred_fixes_crash_nothing(proof):
    preferred = [t for t in proof.trials if t.preferred]
    assert [(t.name, t.run.errors) for t in preferred if not t.run.ended] == []
    assert [(t.name, t.raced.errors) for t in preferred if not t.raced.ended and proof.raced[t.program.name]] == []


def test_preferred_fixes_empty_the_place(proof):
    assert [t.name for t in proof.trials if t.preferred and not t.cures] == []


def test_where_a_person_changed_one_function_a_fix_of_ours_works_too(proof):
    leaking = [p.name for p in CHOSEN if proof.findings[p.name]]
    local = {name for name in leaking if PEOPLE[name].local}
    # Nine of ten; of a share of all programs one may be the tenth.
    missing = sorted(local - proof.cured())
    assert len(missing) <= max(1, len(local) // 10), missing
