"""What load explains of a growth: more connections and requests, and goroutines that were there elsewhere.

A service that was idle before and is busy now has more goroutines of nearly every kind, each
for a peer that is still there. And goroutines that were there all along may wait at another
place now. Neither is growth, so both are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from goleak_lsp.analysis.crowd import Crowd
from goleak_lsp.analysis.observation import Observation
from goleak_lsp.analysis.waits import entry
from goleak_lsp.profile.model import Sample
from goleak_lsp.profile.names import split

_HTTP = "net/http.(*conn).serve"
"""While a handler runs another goroutine reads ahead, once the request's body is read and until the client
has gone."""


_SERVING = ("serve", "handle", "conn", "client", "session")
"""What is in the names of functions that serve one connection each."""


def _is_beside(entry: str, loops: set[str]) -> bool:
    """Whether a goroutine that began so was started by one of the ``loops`` that accept: in a literal of
    it, or in a function of its package that bears such a name."""
    if entry.startswith(tuple(f"{name}." for name in loops)):
        return True
    package, name = split(entry)
    return any(word in name.rpartition(".")[2].lower() for word in _SERVING) and package in {split(n)[0] for n in loops}


class Change:
    """What changed from some snapshots to later ones, one of each process."""

    def __init__(self, before: Sequence[Observation], now: Sequence[Observation]) -> None:
        self._before, self._now = [o.crowd for o in before], [o.crowd for o in now]

    @cached_property
    def servers(self) -> frozenset[str]:
        """The functions with which goroutines began that stand in the read or write of a connection, or that
        were started beside an accept."""
        crowds = (*self._before, *self._now)
        loops = {name for crowd in crowds for name in crowd.loops}
        reading = {name for crowd in crowds for name in crowd.reading}
        return frozenset(reading.union(n for crowd in crowds for n in crowd.begun if loops and _is_beside(n, loops)))

    @cached_property
    def peers(self) -> int:
        """How many more goroutines serve a connection or a request, whatever they do at the moment."""
        return max(0, self._more(self._serving))

    @cached_property
    def peers_there(self) -> int:
        """The same without requests over HTTP whose client has gone, or whose body nobody has read."""
        return max(0, self._more(lambda c: self._serving(c) - c.begun[_HTTP] + c.reading[_HTTP]))

    def _more(self, count: Callable[[Crowd], int]) -> int:
        return sum(map(count, self._now)) - sum(map(count, self._before))

    def _serving(self, crowd: Crowd) -> int:
        servers = self.servers
        known = sum(crowd.begun[name] for name in servers)
        return known + sum(count for name, count in crowd.served.items() if name not in servers)

    def begun(self, samples: Iterable[Sample]) -> int:
        """How many more goroutines, wherever they stand, began as those of ``samples`` did."""
        names = {entry(sample.stack) for sample in samples}
        return self._more(lambda crowd: sum(crowd.begun[name] for name in names))


class Changes:
    """The changes since the base, and between snapshots of a process."""

    def __init__(self, processes: list[list[Observation]], base: list[list[Observation]]) -> None:
        self._complete = {group[0].process: [o for o in group if o.complete] for group in processes}
        self._base = [[o for o in group if o.complete] for group in base]
        self._known: dict[tuple[str, int, int], Change] = {}

    @cached_property
    def since_base(self) -> Change:
        """From the base to the newest snapshots."""
        before, now = ([group[-1] for group in groups if group] for groups in (self._base, self._complete.values()))
        return Change(before, now)

    def between(self, process: str, earlier: int, later: int) -> Change:
        """From one complete snapshot of a process, counted from the oldest, to another."""
        key = (process, earlier, later)
        if key not in self._known:
            group = self._complete[process]
            self._known[key] = Change([group[earlier]], [group[later]])
        return self._known[key]
