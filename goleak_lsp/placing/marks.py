"""Marks that follow an editor's changes, as an editor's own marks do.

A ``Drift`` maps offsets of a text as it was saved to offsets of the text as it is now. It
keeps the runs of bytes that every edit so far has left alone, so its size follows the
number of places that were edited, not the number of keystrokes.
"""

from __future__ import annotations

from bisect import bisect_right


class Drift:
    """How one text has drifted since it was ``size`` bytes long."""

    def __init__(self, size: int) -> None:
        # Runs (start in the saved text, start now, length), in order of both.
        self._runs: list[tuple[int, int, int]] = [(0, 0, size)] if size else []

    def replace(self, start: int, end: int, inserted: int) -> None:
        """The bytes ``start`` to ``end`` of the text as it is now became ``inserted`` bytes."""
        shift = inserted - (end - start)
        runs: list[tuple[int, int, int]] = []
        for old, now, length in self._runs:
            if now + length <= start:
                runs.append((old, now, length))
                continue
            if now >= end:
                runs.append((old, now + shift, length))
                continue
            if now < start:
                runs.append((old, now, start - now))
            if now + length > end:
                cut = end - now
                runs.append((old + cut, end + shift, length - cut))
        self._runs = runs

    def now(self, offset: int) -> int | None:
        """Where the saved byte at ``offset`` stands now; None when it was replaced."""
        at = bisect_right(self._runs, offset, key=lambda run: run[0]) - 1
        if at < 0:
            return None
        old, now, length = self._runs[at]
        return now + offset - old if offset < old + length else None


def narrow(old: bytes, new: bytes) -> tuple[int, int, bytes]:
    """The smallest single replacement (start, end, text) that turns ``old`` into ``new``.

    A formatter that replaces a whole file changes little of it; marks outside stay.
    """
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
