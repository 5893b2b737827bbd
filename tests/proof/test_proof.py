"""The fixes proved by running Go: every third program here, all of them with `make proof`."""

import os

import pytest
from proof.harness import Proof, programs, where
from proof.leaktests import LeakTests

ALL = programs()
ONLY = os.environ.get("PROOF", "").split(",")
CHOSEN = ALL if ONLY == ["all"] else [p for p in ALL if p.name in ONLY] or ALL[::3]
PROOFS = ("leaked", "orphaned")
NAMES = [p.name for p in CHOSEN]
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def proof(tmp_path_factory) -> Proof:
    proof = Proof(tmp_path_factory.mktemp("proof"), CHOSEN)
    proof.prove()
    print("\n" + proof.table())
    return proof


@pytest.fixture(scope="module")
def leak_tests(proof) -> LeakTests:
    tests = LeakTests(proof)
    tests.run()
    print("\n" + tests.table())
    return tests


@pytest.mark.parametrize("name", NAMES)
def test_findings_stand_where_the_marks_are(proof, name):
    program = next(p for p in CHOSEN if p.name == name)
    if not program.leaks:
        return
    seen = {where(f): (f.kind, f.evidence) for f in proof.findings[name]}
    wanted = program.expected("leak")
    assert {at: kind for at, (kind, _) in seen.items()} == {at: args[0] for at, args in wanted.items()}
    for at, args in wanted.items():
        assert seen[at][1] in (args[1:] or PROOFS)


@pytest.mark.parametrize("name", NAMES)
def test_offers_are_those_that_the_marks_say(proof, name):
    program = next(p for p in CHOSEN if p.name == name)
    mine = [t for t in proof.trials if t.program.name == name]
    offered = {(t.place, t.offer.fix) for t in mine}
    preferred = {(t.place, t.offer.fix) for t in mine if t.preferred}
    cured = {(t.place, t.offer.fix) for t in mine if t.cures and not t.broken}
    assert _marked(program, "preferred") <= preferred
    assert _marked(program, "preferred") | _marked(program, "cured") <= cured
    assert not _marked(program, "nofix") & offered
    assert not _marked(program, "unsafe") & preferred


def _marked(program, verb: str) -> set:
    return {(at, fix) for at, fixes in program.expected(verb).items() for fix in fixes}


@pytest.mark.parametrize("name", NAMES)
def test_healthy_programs_are_left_alone(proof, name):
    program = next(p for p in CHOSEN if p.name == name)
    mine = [t for t in proof.trials if t.program is program and not program.leaks]
    left = proof.baselines[name].left
    assert [(t.name, t.broken, t.run.left) for t in mine if t.broken or t.run.left != left] == []


def test_every_offered_fix_builds_and_adds_no_complaint(proof):
    assert [(t.name, t.complaints) for t in proof.trials if t.complaints or not t.compiles] == []


def test_preferred_fixes_end_the_leak(proof):
    assert [t.name for t in proof.trials if t.preferred and t.program.leaks and not t.cures] == []


def test_preferred_fixes_break_nothing(proof):
    assert [(t.name, t.broken) for t in proof.trials if t.preferred and t.broken] == []


def test_leak_tests_fail_before_the_fix_and_pass_after_it(leak_tests):
    assert [(t.name, t.before, t.after, t.told) for t in leak_tests.tried if not t.good] == []


def test_leak_tests_are_formatted(leak_tests):
    assert leak_tests.ugly == ""


def test_most_leaks_have_a_leak_test(leak_tests):
    assert len(leak_tests.tried) >= len(leak_tests.refused)
