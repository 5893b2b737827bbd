"""What is known of an operation between two releases without any matching of trees.

Only what is beyond doubt is used: a line that stands once in its function and once in the
function of that name today, or a function that has not changed at all, or lines that are
nowhere any more. All else is left out of the measurement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from drift.source import Blocked, root_of

from goleak_lsp.golang.syntax import Function, GoFile


@dataclass(frozen=True)
class Truth:
    """Where an operation is now, or that it is gone (no line)."""

    path: str
    line: int

    @property
    def gone(self) -> bool:
        return not self.line


class Releases:
    """An old and a new release, function by function."""

    def __init__(self, old: Mapping[str, GoFile], new: Mapping[str, bytes]) -> None:
        self.old = old
        self.new = {path: GoFile.parse(data) for path, data in new.items()}
        texts = (data.decode("utf-8", "replace") for data in new.values())
        self.anywhere = Counter(row.strip() for text in texts for row in text.split("\n"))

    def truth(self, one: Blocked) -> Truth | None:
        """Where the operation went; None where that is open to doubt."""
        old, new = self.old[one.path], self.new.get(one.path)
        root = root_of(old, one.function)
        row = old.lines.text(one.line).strip()
        if len(row) < 4:
            return None
        today = [f for f in new.functions if f.outer is None and f.name == root.name] if new else []
        if len(today) != 1:
            bare = re.sub(r".*\.", "", root.name)
            declared = re.compile(rb"\bfunc [^\n]*\b" + re.escape(bare.removesuffix("[...]").encode()) + rb"\b")
            there = any(declared.search(file.data) for file in self.new.values())
            return None if there or self.anywhere[row] or "init" in root.name else Truth(one.path, 0)
        ours, theirs = _rows(old, root), _rows(new, today[0])
        if [r for r in ours if r] == [r for r in theirs if r] and ours.count(row):
            number = ours[: one.line - root.line].count(row)
            return Truth(one.path, today[0].line + [i for i, r in enumerate(theirs) if r == row][number])
        if ours.count(row) == 1 and theirs.count(row) == 1:
            return Truth(one.path, today[0].line + theirs.index(row))
        if self.anywhere[row] or len(row) <= 20 or self._rewritten(one, new, today[0], set(ours)):
            return None
        return Truth(one.path, 0)

    def _rewritten(self, one: Blocked, new: GoFile, today: Function, ours: set[str]) -> bool:
        """Whether a line that is new in the function may hold the operation still, under another name.

        ``s.t.Write(a)`` may have become ``s.stream.Write(b)``, and ``<-s.done`` ``<-s.closed``.
        """
        lines = range(today.line, today.end_line + 1)
        fresh = [line for line in lines if new.lines.text(line).strip() not in ours]
        if one.callee:
            return any(re.search(rf"\b{one.callee}\b", new.lines.text(line)) for line in fresh)
        return any(op.kind == one.operation.kind and op.line in fresh for op in new.operations)


def _rows(file: GoFile, function: Function) -> list[str]:
    return [file.lines.text(line).strip() for line in range(function.line, function.end_line + 1)]
