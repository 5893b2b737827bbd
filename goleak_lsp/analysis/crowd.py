"""The goroutines of one snapshot by the function that they began with: what load is told by."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from goleak_lsp.analysis.waits import SERVERS, entry
from goleak_lsp.profile.model import Sample

_ACCEPT = "internal/poll.(*FD).Accept"
_IS_POLLED = re.compile(r"internal/poll\.\(\*FD\)\.").match


class Crowd:
    """How many goroutines began with each function.

    ``begun`` counts all, ``served`` those below a function that is known to serve a connection or a
    request, ``reading`` those that stand in the read or write of a connection; ``loops`` are the
    functions that accept connections.
    """

    def __init__(self, samples: Iterable[Sample]) -> None:
        self.begun: Counter[str] = Counter()
        self.served: Counter[str] = Counter()
        self.reading: Counter[str] = Counter()
        self.loops: set[str] = set()
        for sample in samples:
            name, count = entry(sample.stack), sample.count
            self.begun[name] += count
            names = [frame.function for frame in sample.stack]
            if not SERVERS.isdisjoint(names):
                self.served[name] += count
            if _reads(sample.state, names):
                self.reading[name] += count
            self.loops.update(_accepting(names))


def _accepting(names: Sequence[str]) -> Sequence[str]:
    """The functions below which a goroutine accepts connections, which serve each in a literal of theirs.

    ``names`` are those of its frames, innermost first.
    """
    return names[names.index(_ACCEPT) + 1 :] if _ACCEPT in names else ()


def _reads(state: str, names: Sequence[str]) -> bool:
    """Whether a goroutine stands in a read or write of a connection, blocked or not."""
    if _ACCEPT in names:
        return False
    return state == "IO wait" or any(map(_IS_POLLED, names))
