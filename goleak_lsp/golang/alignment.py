"""Which statement of an old function is which of a new one.

Statements that are there once in both are the same; between these the search begins anew.
What repeats is matched only where nothing was added to it or taken from it. The rest is
left open rather than guessed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from goleak_lsp.golang.statements import words

_WORD = re.compile(r"[^\W\d]\w*")


class Alignment:
    """The statements ``old`` and ``new`` by their texts.

    ``pairs`` maps indexes of the old to the new; ``order`` are those pairs that did not
    change places, in order.
    """

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self.old, self.new = list(old), list(new)
        self.pairs: dict[int, int] = {}
        self._align()
        renamed = self._renamed()
        if renamed:
            self.old = [_WORD.sub(lambda m: renamed.get(m[0], m[0]), text) for text in self.old]
            self._align()
        self.renamed = renamed
        self._taken = set(self.pairs.values())

    def _align(self) -> None:
        self.pairs = {}
        self._between(0, len(self.old), 0, len(self.new))
        self._by_neighbours()
        self._moved()
        in_order = increasing(sorted(self.pairs.items()))
        self.order = in_order

    def _between(self, a0: int, a1: int, b0: int, b1: int) -> None:
        anchors = increasing(common_once(self.old, a0, a1, self.new, b0, b1))
        if not anchors:
            self._repeated(a0, a1, b0, b1)
            return
        for a, b in [*anchors, (a1, b1)]:
            if a0 < a and b0 < b:
                self._between(a0, a, b0, b)
            if a < a1:
                self.pairs[a] = b
            a0, b0 = a + 1, b + 1

    def _repeated(self, a0: int, a1: int, b0: int, b1: int) -> None:
        """Pairs what is there equally often on both sides, if its order is the same."""
        ours, theirs = Counter(self.old[a0:a1]), Counter(self.new[b0:b1])
        kept = {text for text, count in ours.items() if theirs.get(text) == count}
        mine = [a for a in range(a0, a1) if self.old[a] in kept]
        other = [b for b in range(b0, b1) if self.new[b] in kept]
        if [self.old[a] for a in mine] == [self.new[b] for b in other]:
            self.pairs.update(zip(mine, other, strict=True))

    def _by_neighbours(self) -> None:
        """Pairs repeated statements that stand between the same two neighbours, themselves told apart."""
        ours, theirs = _with_neighbours(self.old), _with_neighbours(self.new)
        taken = set(self.pairs.values())
        for a, b in common_once(ours, 0, len(ours), theirs, 0, len(theirs)):
            before, after = self.pairs.get(a - 1, -1), self.pairs.get(a + 1, len(self.new))
            # A neighbour that repeats as well may have been repeated together with the statement.
            if a not in self.pairs and b not in taken and (before, after) == (b - 1, b + 1):
                self.pairs[a] = b
                taken.add(b)

    def _moved(self) -> None:
        """Pairs what is there once in both, wherever it went."""
        taken = set(self.pairs.values())
        for a, b in common_once(self.old, 0, len(self.old), self.new, 0, len(self.new)):
            if a not in self.pairs and b not in taken:
                self.pairs[a] = b
                taken.add(b)

    def gap(self, a: int) -> tuple[range, range]:
        """The open stretch around an old statement, and the stretch of the new that takes its place."""
        before = max(((x, y) for x, y in self.order if x < a), default=(-1, -1))
        after = min(((x, y) for x, y in self.order if x > a), default=(len(self.old), len(self.new)))
        return range(before[0] + 1, after[0]), range(before[1] + 1, after[1])

    def open_old(self, stretch: range) -> list[int]:
        """The old statements of a stretch that are not matched."""
        return [a for a in stretch if a not in self.pairs]

    def open_new(self, stretch: range) -> list[int]:
        """The new statements of a stretch that are not matched."""
        return [b for b in stretch if b not in self._taken]

    def _renamed(self) -> dict[str, str]:
        """Names that were given up in the old statements for names that are new.

        One occurrence could as well be another thing in the same place, so two are asked for.
        """
        before, after = Counter(w for t in self.old for w in words(t)), Counter(w for t in self.new for w in words(t))
        found: dict[str, set[str]] = {}
        for x, y in self._alike():
            for mine, other in zip(words(self.old[x]), words(self.new[y]), strict=True):
                if mine != other:
                    found.setdefault(mine, set()).add(other)
        renamed = {mine: min(others) for mine, others in found.items() if len(others) == 1}
        unique = Counter(renamed.values())
        return {
            mine: other for mine, other in renamed.items()
            if unique[other] == 1 and before[mine] > 1 and after[other] > 1 and not after[mine] and not before[other]
        }  # fmt: skip

    def _alike(self) -> list[tuple[int, int]]:
        """Open statements in the same stretch that differ in names only."""
        found, taken = [], set(self.pairs.values())
        for (a0, b0), (a1, b1) in zip(
            [(-1, -1), *self.order], [*self.order, (len(self.old), len(self.new))], strict=True
        ):
            mine = [a for a in range(a0 + 1, a1) if a not in self.pairs]
            other = [b for b in range(b0 + 1, b1) if b not in taken]
            shapes = [_WORD.sub("_", self.new[b]) for b in other]
            for a in mine:
                shape = _WORD.sub("_", self.old[a])
                if shape in shapes:
                    at = shapes.index(shape)
                    found.append((a, other[at]))
                    shapes[at] = ""
        return [(a, b) for a, b in found if len(words(self.old[a])) == len(words(self.new[b]))]


def likeness(old: Sequence[str], new: Sequence[str]) -> float:
    """How much of two functions is the same, from 0 to 1, weighed by length."""
    ours, theirs = Counter(old), Counter(new)
    common = sum((ours & theirs)[text] * len(text) for text in ours & theirs)
    whole = max(sum(len(t) for t in old), sum(len(t) for t in new))
    return common / whole if whole else 0.0


def common_once(old: Sequence, a0: int, a1: int, new: Sequence, b0: int, b1: int) -> list[tuple[int, int]]:
    """Pairs of what stands once in both stretches, in order of the old."""
    ours, theirs = Counter(old[a0:a1]), Counter(new[b0:b1])
    at = {new[b]: b for b in range(b0, b1) if theirs[new[b]] == 1}
    return [(a, at[old[a]]) for a in range(a0, a1) if ours[old[a]] == 1 and old[a] in at]


def _with_neighbours(texts: Sequence[str]) -> list[tuple[str, str, str]]:
    return [
        (texts[i - 1] if i else "", text, texts[i + 1] if i + 1 < len(texts) else "") for i, text in enumerate(texts)
    ]


def increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs that keeps the order on both sides."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int | None] = []
    for at, (_, b) in enumerate(pairs):
        place = bisect_left(tails, b)
        before.append(ends[place - 1] if place else None)
        tails[place : place + 1] = [b]
        ends[place : place + 1] = [at]
    found, at = [], ends[-1] if ends else None
    while at is not None:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
