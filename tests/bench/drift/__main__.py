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
from drift.samples import FORMATS, PUT_IN, RIGHT_THERE

TARGETS = {("protobuf", "git"): 99.0, ("protobuf", "module cache"): 99.0, ("protobuf", "nothing"): 99.0}
TARGETS |= {(form, known): 97.0 for form in ("debug=2", "debug=1") for known in ("git", "module cache")}

_TERMS = f"""
What can be decided: with the old source, all but what was repeated or replaced as it stood; without it, what
stands as far below its function's start as it did, unless another of the kind stands in that function up to
{RIGHT_THERE} lines below (up to {PUT_IN} where there is room), and nothing was seen further down.
In text formats, which tell no starts, the same operations are counted, though most of them cannot be told."""


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
            try:
                with tempfile.TemporaryDirectory() as folder:
                    _measure(found, Path(folder), table, options)
            except KeyboardInterrupt:
                print(f"interrupted in {module}: this is what was measured", file=sys.stderr)
                break
            so_far = f"{len(table.operations)} operations, {len(table.wrong)} sure and wrong so far"
            print(f"{module}: {time.monotonic() - begun:.0f} s, {so_far}", *table.wrong, sep="\n", file=sys.stderr)
    _print(table, options.show)
    print(f"took {time.monotonic() - begun:.0f} s, {time.process_time():.0f} s of them on the processor")
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
    print("| change | format | " + " | ".join(KNOWN) + " |\n|---|---|" + "---|" * len(KNOWN))
    for kind in [*kinds, None]:
        for form in FORMATS:
            cells = []
            for known in KNOWN:
                count, right, decidable, decided = table.total(form, known, kind)
                share = f"{100 * decided / decidable:.1f} % of {decidable}" if decidable else "–"
                wrong = table.outcomes("wrong", form, known, kind)
                cells.append(f"{share}; {100 * right / max(1, count):.0f} % of all {count}; {wrong} wrong")
            print(f"| {kind or '**all**'} | {form} | " + " | ".join(cells) + " |")
    for title, notes in (("sure and wrong", table.wrong), ("left open", table.open)):
        for note in notes[:show]:
            print(f"{title}: {note}")
    _summary(table)


def _summary(table: Table) -> None:
    rows = [
        ("git or module cache, protobuf", ("protobuf",), KNOWN[1:], 99.0),
        ("git or module cache, text formats", ("debug=2", "debug=1"), KNOWN[1:], 97.0),
        ("no old source, protobuf", ("protobuf",), KNOWN[:1], 99.0),
        ("no old source, text formats", ("debug=2", "debug=1"), KNOWN[:1], None),
    ]
    print("\n| what is known, format | right, of what can be decided | right, of all | at least |\n|---|---|---|---|")
    for title, forms, knowns, least in rows:
        totals = [table.total(form, known) for form in forms for known in knowns]
        count, right, decidable, decided = (sum(column) for column in zip(*totals, strict=True))
        of_decidable = f"{100 * decided / max(1, decidable):.2f} % of {decidable}"
        print(f"| {title} | {of_decidable} | {100 * right / max(1, count):.1f} % of {count} | {least or '–'} % |")
    answers = sum(table.counts.values())
    untold = table.outcomes("untold")
    print(f"\n{len(table.operations)} operations of {len(table.modules)} modules, {answers} answers")
    print(f"sure and wrong: {len(table.wrong)}")
    print(f"apart from these, with no old source: {untold} that are gone, another of the kind in their very place")
    print(_TERMS)


def _verdict(table: Table) -> int:
    missed = []
    for (form, known), least in TARGETS.items():
        _, _, decidable, decided = table.total(form, known)
        if decidable and 100 * decided / decidable < least:
            missed.append(f"{form}, {known}: {100 * decided / decidable:.2f} % of what can be decided, not {least} %")
    if table.wrong:
        missed.append(f"{len(table.wrong)} answers are sure and wrong")
    print("\n".join(missed) if missed else "every target is met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
