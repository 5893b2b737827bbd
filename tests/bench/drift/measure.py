"""Runs placing on one change and judges every answer."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from drift.corpus import Release, workspace
from drift.edits import Target, Tree, files_of, tree_of
from drift.samples import FORMATS, Likeness, Program
from drift.source import Blocked, Files, blocked_in, root_of
from drift.truth import Releases, Truth

from goleak_lsp.golang.modules import escape
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import EXACT, FUNCTION, MOVED, Placement, place

KNOWN = ("nothing", "git", "module cache")
RIGHT, OPEN, WRONG, UNTOLD = "right", "open", "wrong", "untold"
"""``untold``: the operation is gone, and another of the kind stands in its very place, where nothing else that was seen
belies it. With no old source that is code that never changed."""

UNDECIDABLE = frozenset({"repeated_before", "replaced"})
"""Edits after which nobody can tell from the texts what became of the operation."""


@dataclass
class Case:
    """One operation of a profile and what became of it.

    ``decidable`` tells that today's text alone may tell: the operation is as far below its function's start as it was.
    """

    one: Blocked
    truth: Truth
    kind: str
    decidable: bool


@dataclass
class Table:
    """Counts of answers by (format, known, kind of change)."""

    counts: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    operations: set[tuple[str, str, str, int]] = field(default_factory=set)

    def add(self, form: str, known: str, case: Case, decidable: bool, outcome: str, note: str) -> None:
        self.counts[form, known, case.kind, outcome, decidable] += 1
        if outcome == WRONG:
            self.wrong.append(f"{form} / {known} / {case.kind}: {note}")
        elif outcome == OPEN and decidable:
            self.open.append(f"{form} / {known} / {case.kind}: {note}")

    def outcomes(self, outcome: str, form: str = "", known: str = "", kind: str | None = None) -> int:
        """How many answers came out so."""
        return sum(
            n for (f, k, c, o, _), n in self.counts.items()
            if o == outcome and form in ("", f) and known in ("", k) and kind in (None, c)
        )  # fmt: skip

    def total(self, form: str, known: str, kind: str | None = None) -> tuple[int, int, int, int]:
        """All answers, right ones, those that can be decided, and right ones of these."""
        rows = [
            (outcome, decidable, n) for (f, k, c, outcome, decidable), n in self.counts.items()
            if (f, k) == (form, known) and kind in (None, c)
        ]  # fmt: skip
        return (
            sum(n for _, _, n in rows),
            sum(n for outcome, _, n in rows if outcome == RIGHT),
            sum(n for _, decidable, n in rows if decidable),
            sum(n for outcome, decidable, n in rows if decidable and outcome == RIGHT),
        )


def judge(placement: Placement, case: Case, tree: SourceTree, instead: tuple[str, int] | None) -> str:
    """Whether an answer is right, leaves it open, or is sure and wrong.

    ``instead`` is where another operation seems to be the one, for all that can be known.
    """
    truth = case.truth
    sure = placement.confidence in (EXACT, MOVED)
    if truth.gone and sure:
        return UNTOLD if instead == (tree.relative(placement.path), placement.line) else WRONG
    if truth.gone:
        return OPEN if placement.confidence == FUNCTION else RIGHT
    if not sure:
        return OPEN
    there = placement.path is not None and tree.relative(placement.path) == truth.path
    return RIGHT if there and placement.line == truth.line else WRONG


class Bench:
    """One old release, held against what its source became."""

    def __init__(
        self, release: Release, roots: dict[str, Path], table: Table, rng: random.Random, size: int,
        known: tuple[str, ...] = KNOWN,
    ) -> None:  # fmt: skip
        self.release, self.roots, self.table, self.rng, self.size = release, roots, table, rng, size
        self.known = known
        self.files = release.files()
        self.parsed = {path: GoFile.parse(data) for path, data in self.files.items()}
        self.blocked = blocked_in(self.parsed)

    def edits(self, edit: Callable[[Target], bool], number: int) -> None:
        """One kind of edit at several operations, the others of the profile beside them."""
        tree = tree_of(self.files)
        touched: set[str] = set()
        targets: list[Blocked] = []
        for one in self.rng.sample(self.blocked, min(len(self.blocked), number * 8)):
            if len(targets) >= number or one.path in touched or one.path not in tree:
                continue
            before = {path: list(lines) for path, lines in tree.items()}
            if edit(Target(tree, one.path, one, self.parsed[one.path], self.rng)):
                targets.append(one)
                touched |= {path for path, lines in before.items() if tree.get(path) != lines}
            else:
                tree.clear()
                tree.update(before)
        others = [one for one in self.blocked if one not in targets]
        chosen = targets + self.rng.sample(others, min(len(others), max(0, self.size - len(targets))))
        where = {name: (path, i + 1) for path, lines in tree.items() for i, (name, _) in enumerate(lines) if name}
        cases = [self._case(one, where, edit.__name__ if one in targets else "beside", tree) for one in chosen]
        self._run(files_of(tree), cases)

    def _case(self, one: Blocked, where: dict, kind: str, tree: Tree) -> Case:
        path, line = where.get((one.path, one.line), (one.path, 0))
        file, function = self.parsed[one.path], one.function
        start = where.get((one.path, function.line), ("", 0))
        same = bool(line) and start[0] == path == one.path and line - start[1] == one.line - function.line
        named = dict(tree[path])[one.path, function.line] == file.lines.text(function.line) if same else False
        # A literal has no name of its own: that nothing was put before it is told by the first lines.
        root = root_of(file, function)
        above = where.get((one.path, root.line), ("", 0))
        whole = start[1] - above[1] == function.line - root.line
        named = named and dict(tree[path]).get((one.path, root.line)) == file.lines.text(root.line)
        return Case(one, Truth(path, line), kind, same and named and whole)

    def becomes(self, newer: Release, name: str) -> None:
        """The old release's profile on a later one's source."""
        files = newer.files()
        pair = Releases(self.parsed, files)
        cases = []
        for one in self.rng.sample(self.blocked, min(len(self.blocked), self.size)):
            truth = pair.truth(one)
            if truth is not None:
                cases.append(Case(one, truth, name, self._offset_stays(one, truth, pair)))
        self._run(files, cases)

    def _offset_stays(self, one: Blocked, truth: Truth, pair: Releases) -> bool:
        new = pair.new.get(truth.path)
        functions = [f for f in new.functions if f.name == one.function.name] if new and not truth.gone else []
        return len(functions) == 1 and truth.line - functions[0].line == one.line - one.function.line

    def _run(self, files: Files, cases: list[Case]) -> None:
        for known in self.known:
            root = self.roots["git" if known == "git" else "plain"]
            workspace(self.release, files, root)
            prefix = f"/build/{self.release.module.rpartition('/')[2]}"
            if known == "module cache":
                prefix = f"/home/ci/go/pkg/mod/{escape(self.release.module)}@{escape(self.release.version)}"
            # As in a server, texts that were read once serve every profile.
            tree = SourceTree(root)
            for form in FORMATS:
                program = Program(self.release.module, self.parsed, prefix, random.Random(self.rng.random()))
                self._place(program, cases, form, known, tree)

    def _place(self, program: Program, cases: Iterable[Case], form: str, known: str, tree: SourceTree) -> None:
        """Places the profile of all cases and judges each answer."""
        by_one = {case.one: case for case in cases}
        profile, whose = program.profile(by_one, form)
        placed = place(profile, tree)
        likeness = Likeness(program, profile, form, tree)
        for stack, one in whose.items():
            case, placement = by_one[one], placed[stack]
            if known == "nothing":
                decidable = case.decidable and not likeness.has_other_readings(one)
                outcome = judge(placement, case, tree, likeness.instead(one))
            else:
                decidable = case.kind not in UNDECIDABLE
                outcome = judge(placement, case, tree, None)
            note = (
                f"{program.module}@{self.release.version} {one.path}:{one.line} {one.kind} "
                f"{one.operation.operand[:30]!r} in {one.function.name} "
                f"is {case.truth.path}:{case.truth.line or 'gone'}, "
                f"said {placement.confidence} {placement.line} ({placement.reason})"
            )
            self.table.add(form, known, case, decidable, outcome, note)
            self.table.modules.add(program.module)
            self.table.operations.add((program.module, self.release.version, one.path, one.operation.start))
