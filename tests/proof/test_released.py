"""Leaks of released public libraries: a third of them here, all with `make proof`."""

import os

import pytest
from proof.released import Library, Released

ALL = [
    Library("health", "resCh <- c.Check(ctx)", "a buffer of one", ("stop-channel",), "buffer-of-one"),
    Library(
        "gocsv", "cerr <- UnmarshalToChan(in, c.Interface())", "the error is received behind the loop",
        ("buffer-of-one",), "stop-channel",
    ),
    Library("ctxwatch", "<-cw.unwatchChan", "context.AfterFunc instead of a goroutine", local=False),
    Library("backoff", "c.next <- struct{}{}", "a case on the context", ("done-case",)),
    Library("sentry", "t.client.Do(request)", "the body is drained and closed", (), "close-body"),
    Library("bigcache", "for t := range time.Tick", "a Close that its users have to call", local=False),
    Library("slack", "http.Post(url", "the body is closed by a defer", (), "close-body"),
    Library("lo", "ch <- f()", "a buffer of one", ("buffer-of-one",)),
    Library("hashmap", "ch <- KeyValue", "Range takes a function instead of giving a channel", local=False),
    Library(
        "deadline", "result <- work(stopper)", "a case on the channel that tells the work to stop",
        ("stop-channel",), "buffer-of-one",
    ),
    Library("govmomi", ".Do(", "the body is closed by a defer", (), "close-body"),
    Library("subscription", "subscribed <- err", "the caller waits for the result", ("done-case",), "stop-channel"),
    Library("ttlcache", "c.stopCh <- struct{}{}", "the cache knows whether it was started", local=False),
]  # fmt: skip
ONLY = os.environ.get("PROOF", "").split(",")
CHOSEN = ALL if ONLY == ["all"] else [p for p in ALL if p.name in ONLY] or ALL[::3]
NAMES = [library.name for library in CHOSEN]
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def proof(tmp_path_factory) -> Released:
    proof = Released(tmp_path_factory.mktemp("released"), CHOSEN)
    proof.prove()
    print("\n" + proof.table() + "\n" + proof.libraries())
    return proof


@pytest.mark.parametrize("library", CHOSEN, ids=NAMES)
def test_the_finding_stands_on_the_line_of_the_bug(proof, library):
    found = proof.findings[library.name]
    places = {at.path: at.line for f in found if (at := f.placement if f.placement.path else f.cause)}
    assert len(places) == 1
    assert all(library.stands_on(path.read_bytes(), number) for path, number in places.items())


@pytest.mark.parametrize("library", CHOSEN, ids=NAMES)
def test_the_release_of_the_fix_does_not_leak(proof, library):
    assert proof.people[library.name].ended
    assert proof.people[library.name].left == 0


@pytest.mark.parametrize("library", CHOSEN, ids=NAMES)
def test_fixes_end_the_leak(proof, library):
    mine = [t for t in proof.trials if t.program is library]
    preferred = {t.offer.fix for t in mine if t.preferred}
    cured = {t.offer.fix for t in mine if t.cures and not t.broken}
    assert preferred == ({library.preferred} if library.preferred else set())
    assert preferred | set(library.cured) <= cured


def test_every_offered_fix_builds_and_adds_no_complaint(proof):
    assert [(t.name, t.complaints) for t in proof.trials if t.complaints or not t.compiles] == []


def test_preferred_fixes_break_nothing(proof):
    assert [(t.name, t.broken) for t in proof.trials if t.preferred and (t.broken or not t.cures)] == []


def test_where_a_person_changed_one_function_a_fix_of_ours_works_too(proof):
    cured = {t.program.name for t in proof.trials if t.cures and not t.broken}
    local = [library.name for library in CHOSEN if library.local]
    assert len(cured.intersection(local)) >= 0.9 * len(local)
