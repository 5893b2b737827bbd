"""Measures placing on real modules and prints one table. Run by ``make drift``.

    python -m drift [--module PART] [--edit NAME] [--size N] [--seed N] [--show N]
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from drift.corpus import MODULES, Release, history, releases
from drift.edits import EDITS
from drift.measure import KNOWN, Bench, Table
from drift.samples import FORMATS

TARGETS = {("protobuf", "git"): 99.0, ("protobuf", "module cache"): 99.0, ("protobuf", "nothing"): 99.0}
TARGETS |= {(form, known): 97.0 for form in ("debug=2", "debug=1") for known in ("git", "module cache")}

TWINS = ("same_kind_before", "repeated_before")
"""Edits that put a second operation where one was; only the old source can tell which is which."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="drift")
    parser.add_argument("--module", default="", help="only modules whose path contains this")
    parser.add_argument("--edit", default="", help="only this edit, or `releases`")
    parser.add_argument("--size", type=int, default=120, help="stacks in a profile")
    parser.add_argument("--targets", type=int, default=12, help="operations that one edit is made at")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=10, help="how many wrong and open answers to print")
    options = parser.parse_args()
    table, begun = Table(), time.monotonic()
    for module, versions in MODULES.items():
        if options.module in module:
            found = releases(module, versions)
            with tempfile.TemporaryDirectory() as folder:
                _measure(found, Path(folder), table, options)
            print(f"{module}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    _print(table, options.show)
    return _verdict(table)


def _measure(found: list[Release], folder: Path, table: Table, options: argparse.Namespace) -> None:
    roots = {"git": folder / "git", "plain": folder / "plain"}
    rng = random.Random(options.seed)
    history(found, roots["git"])
    for older, newer in pairwise(found):
        bench = Bench(older, roots, table, rng, options.size)
        if options.edit in ("", "releases"):
            bench.becomes(newer, "next release")
            bench.becomes(found[-1], "newest release")
    bench = Bench(found[-2], roots, table, rng, options.size)
    for edit in EDITS:
        if options.edit in ("", edit.__name__):
            bench.edits(edit, options.targets)


def _print(table: Table, show: int) -> None:
    kinds = sorted({kind for _, _, kind, _, _ in table.counts})
    wrongs = {}
    for (form, known, kind, outcome, _), n in table.counts.items():
        if outcome == "wrong":
            wrongs[form, known, kind] = wrongs.get((form, known, kind), 0) + n
    print("| change | format | " + " | ".join(KNOWN) + " |\n|---|---|" + "---|" * len(KNOWN))
    for kind in [*kinds, None]:
        for form in FORMATS:
            cells = []
            for known in KNOWN:
                count, right, decidable, decided = table.total(form, known, kind)
                wrong = sum(n for (f, k, c), n in wrongs.items() if (f, k) == (form, known) and kind in (None, c))
                share = f"{100 * decided / decidable:.1f} % of {decidable}" if decidable else "–"
                cells.append(f"{share}; {100 * right / max(1, count):.0f} % of all; {wrong} wrong")
            print(f"| {kind or '**all**'} | {form} | " + " | ".join(cells) + " |")
    for title, notes in (("sure and wrong", table.wrong), ("left open", table.open)):
        for note in notes[:show]:
            print(f"{title}: {note}")


def _verdict(table: Table) -> int:
    missed = []
    for (form, known), least in TARGETS.items():
        _, _, decidable, decided = table.total(form, known)
        if decidable and 100 * decided / decidable < least:
            missed.append(f"{form}, {known}: {100 * decided / decidable:.2f} % of what can be decided, not {least} %")
    twins = [note for note in table.wrong if any(f" / nothing / {edit}:" in note for edit in TWINS)]
    if twins:
        print(f"{len(twins)} answers took a planted twin for the operation, with no old source to tell them apart")
    if len(table.wrong) > len(twins):
        missed.append(f"{len(table.wrong) - len(twins)} answers are sure and wrong")
    print("\n".join(missed) if missed else "every target is met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
