"""Many stacks cut into short pieces, of which there are few: what neighbouring frames say is found out from those.

Fifty thousand stacks that all differ have a million frames, and share nearly every run of a few of them.
Cutting and counting runs is done by the interpreter itself, once a run and not once a frame.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from operator import itemgetter

from goleak_lsp.profile.model import Frame, Stack

LENGTH = 8
"""Frames of a piece; the last of them is the first of the next piece, so that no call falls between two."""

_BATCH = 2_000_000
"""Frames that are cut together."""

_FIRST = itemgetter(slice(LENGTH))


class Pieces:
    """The distinct pieces of some stacks.

    Where there are very many frames they are cut batch by batch, so that pieces of which none recurs take no memory.
    """

    def __init__(self, stacks: Collection[Stack]) -> None:
        self.firsts = list(map(_FIRST, stacks))
        """The innermost piece of each stack."""
        self._batches = list(_batches(stacks))
        self._only = (set(self.firsts), _later(self._batches[0])) if len(self._batches) == 1 else None
        self.frames: set[Frame] = set()
        """The distinct frames of all stacks."""
        for first, later in self._cut():
            self.frames.update(chain.from_iterable(chain(first, later)))

    def _cut(self) -> Iterable[tuple[set[Stack], set[Stack]]]:
        return [self._only] if self._only else ((set(map(_FIRST, batch)), _later(batch)) for batch in self._batches)

    def calls(self, begins: Collection[Frame]) -> Iterator[tuple[Frame, Frame]]:
        """Caller and callee of the calls further out than the first of ``begins`` in a stack, each once or more."""
        for first, later in self._cut():
            for piece in first:
                begin = next((at for at, frame in enumerate(piece) if frame in begins), len(piece))
                yield from zip(piece[begin + 1 :], piece[begin:], strict=False)
            for piece in later:
                yield from zip(piece[1:], piece, strict=False)


def _batches(stacks: Collection[Stack]) -> Iterator[Collection[Stack]]:
    if sum(map(len, stacks)) <= _BATCH:
        yield stacks
        return
    batch: list[Stack] = []
    size = 0
    for stack in stacks:
        batch.append(stack)
        size += len(stack)
        if size > _BATCH:
            yield batch
            batch, size = [], 0
    yield batch


def _later(stacks: Collection[Stack]) -> set[Stack]:
    """The pieces of some stacks but the innermost."""
    later: set[Stack] = set()
    at = LENGTH - 1
    while stacks:
        if min(map(len, stacks)) <= at + 1:
            stacks = [stack for stack in stacks if len(stack) > at + 1]
        later.update(map(itemgetter(slice(at, at + LENGTH)), stacks))
        at += LENGTH - 1
    return later
