"""A small part of the drift benchmark, on the project's own programs: never sure and wrong."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

from drift.corpus import Release, history  # noqa: E402  (the path must be there first)
from drift.edits import EDITS  # noqa: E402
from drift.measure import Bench, Table  # noqa: E402

PROGRAMS = ("context", "layouts", "locks", "range", "receive", "send")


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Table:
    """Every edit, made to every program, in every format and with everything that may be known."""
    found = Table()
    for program in PROGRAMS:
        folder = tmp_path_factory.mktemp(program)
        release = Release(f"example.com/{program}", "v1.0.0", ROOT / "fixtures" / program)
        history([release], folder / "git")
        roots = {"git": folder / "git", "plain": folder / "plain"}
        bench = Bench(release, roots, found, random.Random(program), 12, known=("nothing", "git"))
        for edit in EDITS:
            bench.edits(edit, 2)
    return found


def test_no_answer_is_sure_and_wrong(table):
    assert table.wrong == []


@pytest.mark.parametrize(("form", "known", "least"), [
    ("protobuf", "git", 0.99), ("protobuf", "nothing", 0.99), ("debug=2", "git", 0.97), ("debug=1", "git", 0.97),
])  # fmt: skip
def test_what_can_be_decided_is_decided(table, form, known, least):
    _, _, decidable, decided = table.total(form, known)
    assert decidable > 150
    assert decided >= least * decidable, [n[:200] for n in table.open if n.startswith(f"{form} / {known}")]
