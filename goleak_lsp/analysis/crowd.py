"""The goroutines of one snapshot by the function that they began with: what load is told by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from operator import attrgetter

from goleak_lsp.analysis.waits import SERVERS, entry
from goleak_lsp.profile.model import Sample

_ACCEPT = "internal/poll.(*FD).Accept"
_POLLED = "internal/poll.(*FD)."
_STACK = attrgetter("stack")


class Crowd:
    """How many goroutines began with each function.

    ``begun`` counts all, ``served`` those below a function that is known to serve a connection or a
    request, ``reading`` those that stand in the read or write of a connection; ``loops`` are the
    functions that accept connections.
    """

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.begun: Counter[str] = Counter()
        self.served: Counter[str] = Counter()
        self.reading: Counter[str] = Counter()
        self.loops: set[str] = set()
        # Stacks share their frames: what those are is asked once, and not once a stack.
        frames = set(chain.from_iterable(map(_STACK, samples)))
        servers = {frame for frame in frames if frame.function in SERVERS}
        polled = {frame for frame in frames if frame.function.startswith(_POLLED)}
        accepting = {frame for frame in polled if frame.function == _ACCEPT}
        for sample in samples:
            stack, name, count = sample.stack, entry(sample.stack), sample.count
            self.begun[name] += count
            if not servers.isdisjoint(stack):
                self.served[name] += count
            if not accepting.isdisjoint(stack):
                # They serve each connection in a literal of theirs.
                self.loops.update(_below_accept([frame.function for frame in stack]))
            elif sample.state == "IO wait" or not polled.isdisjoint(stack):
                self.reading[name] += count


def _below_accept(names: list[str]) -> list[str]:
    """The functions that lead to an accept; ``names`` are those of a stack, innermost first."""
    return names[names.index(_ACCEPT) + 1 :]
