"""The goroutines of one snapshot by the function that they began with: what load is told by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from goleak_lsp.analysis.waits import SERVERS, accepting, entry, reads
from goleak_lsp.profile.model import Sample


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
            if reads(sample.state, names):
                self.reading[name] += count
            self.loops.update(accepting(names))
