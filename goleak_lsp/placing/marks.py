"""Marks that follow an editor's changes, as an editor's own marks do.

A ``Drift`` maps offsets of a text as it was saved to offsets of the text as it is now. It
keeps the runs of bytes that every edit so far has left alone, so its size follows the
number of places that were edited, not the number of keystrokes. Text that is deleted is
kept for a while with the runs in it: undo and pasting what was cut bring them back.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import pairwise

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.alignment import common_once, increasing

_TELLING = 3
"""Bytes, white space apart, of a text that is taken for one that was deleted."""

_KEPT = 200
_MAX_KEPT = 1 << 20
_MUCH = 0.8
"""Share of two stretches of changed lines that must be the same for one to be the other laid out anew."""

_MAX_PAIRS = 250_000
_BEYOND = 1 << 62
"""More than any offset."""
_TOKEN = re.compile(rb"\w+|[^\w\s]")

Run = tuple[int, int, int]
"""Start in the saved text, start now, length."""

Block = tuple[int, int, int]
"""Start in a text that was replaced, start in what replaced it, length."""


class _Deleted(Frozen):
    """A text that was deleted at ``at``, with the runs in it, as offsets of itself."""

    at: int
    text: bytes
    runs: tuple[Run, ...]


class Drift:
    """How one text has drifted since it was ``saved``."""

    def __init__(self, saved: bytes) -> None:
        self._text = saved
        # In order of the saved text; what was cut and pasted stands elsewhere now.
        self._runs: list[Run] = [(0, 0, len(saved))] if saved else []
        self._deleted: list[_Deleted] = []
        self._in_order = True

    def replace(self, start: int, end: int, new: bytes) -> None:
        """The bytes ``start`` to ``end`` of the text as it is now became ``new``."""
        removed = self._text[start:end]
        self._text = self._text[:start] + new + self._text[end:]
        kept, inside = self._cut(start, end, len(new) - len(removed))
        back: list[Run] = []
        if inside and new:
            back = [(old, start + at, length) for old, at, length in _carried(inside, _alike(removed, new))]
        if inside:
            self._keep(start, removed, inside)
        if new and self._deleted:
            back += self._returned(kept + back, start, new)
        self._runs = kept
        if back:
            self._runs = _joined(sorted(kept + back))
            self._in_order = all(a[1] <= b[1] for a, b in pairwise(self._runs))

    def _cut(self, start: int, end: int, shift: int) -> tuple[list[Run], list[Run]]:
        """The runs outside of a replaced stretch, as they stand afterwards, and those in it, from its start."""
        runs, first, last = self._runs, 0, len(self._runs)
        if self._in_order:
            # Most runs lie wholly before or after a keystroke.
            first = bisect_left(runs, start, key=lambda run: run[1] + run[2])
            last = bisect_right(runs, end, key=lambda run: run[1])
        outside, inside = runs[:first], []
        for old, now, length in runs[first:last]:
            begin, stop = max(now, start), min(now + length, end)
            if now < start:
                outside.append((old, now, min(length, start - now)))
            if now + length > end:
                skipped = max(0, end - now)
                outside.append((old + skipped, max(now, end) + shift, length - skipped))
            if begin < stop:
                inside.append((old + begin - now, begin - start, stop - begin))
        outside += [(old, now + shift, length) for old, now, length in runs[last:]]
        return outside, inside

    def _keep(self, start: int, removed: bytes, inside: list[Run]) -> None:
        last = self._deleted[-1] if self._deleted and len(removed) == 1 else None
        # Backspace and delete take a text away piece by piece; undo may bring it back at once.
        if last and start + 1 == last.at:
            inside = inside + [(old, at + 1, length) for old, at, length in last.runs]
            self._deleted[-1] = _Deleted(start, removed + last.text, tuple(inside))
        elif last and start == last.at:
            inside = [*last.runs, *((old, at + len(last.text), length) for old, at, length in inside)]
            self._deleted[-1] = _Deleted(start, last.text + removed, tuple(inside))
        else:
            self._deleted.append(_Deleted(start, removed, tuple(inside)))
        while len(self._deleted) > _KEPT or sum(len(d.text) for d in self._deleted) > _MAX_KEPT:
            del self._deleted[0]

    def _returned(self, kept: list[Run], start: int, new: bytes) -> list[Run]:
        """Runs that come back with the text that was just inserted."""
        for number in range(len(self._deleted) - 1, -1, -1):
            blocks = _same_text(self._deleted[number], start, new)
            runs = list(_carried(self._deleted[number].runs, blocks))
            missing = _without(runs, kept)
            if missing:
                return [(old, start + at, length) for old, at, length in missing]
        return []

    def now(self, offset: int) -> int | None:
        """Where the saved byte at ``offset`` stands now; None when it was replaced."""
        at = bisect_right(self._runs, (offset, _BEYOND)) - 1
        if at < 0:
            return None
        old, now, length = self._runs[at]
        return now + offset - old if offset < old + length else None

    def span(self, saved: tuple[int, int]) -> tuple[int, int] | None:
        """Where the bytes ``saved``, from a start to an end, stand now; None when the first was replaced,
        empty when only the last was."""
        start, end = saved
        now = self.now(start)
        if now is None:
            return None
        last = self.now(end - 1) if end > start + 1 else now
        return now, now if last is None else max(now, last + 1)


def _carried(runs: tuple[Run, ...] | list[Run], blocks: list[Block]) -> Iterator[Run]:
    """Runs of a text, in the text that shares ``blocks`` with it."""
    for first, at, size in blocks:
        for old, now, length in runs:
            begin, end = max(first, now), min(first + size, now + length)
            if begin < end:
                yield old + begin - now, at + begin - first, end - begin


def _without(runs: list[Run], kept: list[Run]) -> list[Run]:
    """Those runs of which no saved byte stands anywhere."""
    spans = sorted((old, old + length) for old, _, length in kept)
    found = []
    for run in runs:
        at = bisect_right(spans, run[0], key=lambda span: span[0]) - 1
        before = spans[at][1] if at >= 0 else 0
        after = spans[at + 1][0] if at + 1 < len(spans) else run[0] + run[2]
        if before <= run[0] and run[0] + run[2] <= after:
            found.append(run)
    return found


def _same_text(deleted: _Deleted, start: int, new: bytes) -> list[Block]:
    """Where a deleted text, or a part of it, is in an inserted one."""
    text = deleted.text
    if new == text:
        return [(0, 0, len(new))]
    if len(new.strip()) >= _TELLING and new in text:
        # A part that comes back first is the one that was deleted last: the end that it adjoins.
        return [(text.index(new) if start == deleted.at else text.rindex(new), 0, len(new))]
    bare = text.strip()
    if len(bare) >= _TELLING and new.count(bare) == 1:
        return [(text.index(bare), new.index(bare), len(bare))]
    return []


def _joined(runs: list[Run]) -> list[Run]:
    """Runs that follow each other in both texts, as one."""
    found: list[Run] = []
    for old, now, length in runs:
        if found and found[-1][0] + found[-1][2] == old and found[-1][1] + found[-1][2] == now:
            found[-1] = (found[-1][0], found[-1][1], found[-1][2] + length)
        else:
            found.append((old, now, length))
    return found


def _alike(removed: bytes, new: bytes) -> list[Block]:
    """What of a text is in the text that took its place, line by line.

    Lines are the same but for white space; a formatter changes little else.
    """
    if b"\n" not in removed and b"\n" not in new:
        return []
    ours, theirs = removed.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = _starts(ours), _starts(theirs)
    mine, other = [b"".join(row.split()) for row in ours], [b"".join(row.split()) for row in theirs]
    found: list[Block] = []
    a0 = b0 = 0
    anchors = increasing(common_once(mine, 0, len(mine), other, 0, len(other)))
    for a1, b1 in [*anchors, (len(mine), len(other))]:
        for a, b in _equal_lines(mine, a0, a1, other, b0, b1):
            found += _pieces(ours[a], starts[0][a], theirs[b], starts[1][b])
        if a1 < len(mine):
            found += _pieces(ours[a1], starts[0][a1], theirs[b1], starts[1][b1])
        a0, b0 = a1 + 1, b1 + 1
    return found or _laid_out_anew(removed, new)


def _equal_lines(
    mine: list[bytes], a0: int, a1: int, other: list[bytes], b0: int, b1: int
) -> Iterator[tuple[int, int]]:
    if a0 >= a1 or b0 >= b1 or (a1 - a0) * (b1 - b0) > _MAX_PAIRS:
        return
    for a, b, size in SequenceMatcher(None, mine[a0:a1], other[b0:b1], autojunk=False).get_matching_blocks():
        yield from ((a0 + a + i, b0 + b + i) for i in range(size))


def _pieces(old: bytes, old_start: int, new: bytes, new_start: int) -> list[Block]:
    """What two lines that are the same but for white space have in common."""
    if old.strip() == new.strip():
        body = old.strip()
        return [(old_start + old.index(body), new_start + new.index(body), len(body))] if body else []
    pairs = zip(re.finditer(rb"\S", old), re.finditer(rb"\S", new), strict=True)
    return [(old_start + a.start(), new_start + b.start(), 1) for a, b in pairs]


def _laid_out_anew(old: bytes, new: bytes) -> list[Block]:
    """Words and signs of two stretches that are much the same, in order."""
    ours, theirs = list(_TOKEN.finditer(old)), list(_TOKEN.finditer(new))
    if len(ours) * len(theirs) > _MAX_PAIRS:
        return []
    matcher = SequenceMatcher(None, [m[0] for m in ours], [m[0] for m in theirs], autojunk=False)
    if matcher.ratio() < _MUCH:
        return []
    return [
        (ours[a + i].start(), theirs[b + i].start(), len(ours[a + i][0]))
        for a, b, size in matcher.get_matching_blocks()
        for i in range(size)
    ]


def _starts(rows: list[bytes]) -> list[int]:
    found, at = [], 0
    for row in rows:
        found.append(at)
        at += len(row)
    return found


def narrow(old: bytes, new: bytes) -> tuple[int, int, bytes]:
    """The smallest single replacement (start, end, text) that turns ``old`` into ``new``."""
    limit = min(len(old), len(new))
    start = _common(old, new, limit)
    end = _common(old[start:][::-1], new[start:][::-1], limit - start)
    return start, len(old) - end, new[start : len(new) - end]


def _common(a: bytes, b: bytes, limit: int) -> int:
    """The length of the common prefix of two texts, found by halving."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
