"""What the numbers at one place say: that they grow, last too long, or are merely many."""

from __future__ import annotations

from collections.abc import Mapping

from goleak_lsp.analysis.deadlocks import Deadlock, Link
from goleak_lsp.analysis.growth import is_rising
from goleak_lsp.analysis.observation import PlaceView
from goleak_lsp.analysis.orphans import Orphans
from goleak_lsp.analysis.stacks import Packages, function_of_frame
from goleak_lsp.analysis.waits import (
    CONNECTION,
    FED,
    OTHER,
    POOL,
    REQUEST,
    STOPPABLE,
    depends_on,
    entry,
    is_running,
    ought_to_end,
    reads,
)  # fmt: skip
from goleak_lsp.golang.loops import endless_loop
from goleak_lsp.golang.syntax import GoFile, Operation
from goleak_lsp.placing.place import FUNCTION, PlaceKey, Placement
from goleak_lsp.profile.model import Sample
from goleak_lsp.settings import Evidence

_FOLLOWING = (REQUEST, POOL, STOPPABLE)


class Summed:
    """One place summed over processes; ``view`` is of the process that has most goroutines there."""

    def __init__(self, view: PlaceView) -> None:
        self.view = view
        self.count = self.leaked = 0
        self.samples: list[Sample] = []
        self.proved: list[Sample] = []
        self.views: list[PlaceView] = []
        self.orphans: list[Orphans] = []
        self.deadlocks: list[Deadlock] = []
        self.holders: list[Link] = []

    @property
    def placement(self) -> Placement:
        return self.view.group.placement

    def add(self, view: PlaceView) -> None:
        self.view = max(self.view, view, key=lambda v: v.count)
        self.count += view.count
        self.leaked += view.leaked
        self.samples += view.group.samples
        self.proved += [s for s in view.proof.samples if s.leaked] if view.proof else []
        self.views.append(view)


Places = Mapping[PlaceKey, Summed]


class Numbers:
    """Judges places by their numbers; ``based`` are the base's places, None without a base."""

    def __init__(self, packages: Packages, limits: Evidence, based: Places | None, places: Places) -> None:
        self.packages, self.limits, self.based = packages, limits, based
        self.servers = _servers(places) | _servers(based or {})
        self.connections = _connections(places, self.servers) - _connections(based or {}, self.servers)

    def evidence(self, place: Summed, rest: int, before: int) -> str:
        """The evidence against ``rest`` of the goroutines at a place; empty for silence.

        ``before`` is the number that a base had of them.
        """
        if self._grows(place, rest, before):
            return "growing"
        if self._is_stuck(place) or (self.is_busy(place) and _lasts(place, self.limits.growing)):
            return "stuck"
        return "crowded" if rest >= self.limits.crowded else ""

    def _grows(self, place: Summed, rest: int, before: int) -> bool:
        sample, kind, least = place.samples[0], place.placement.kind, self.limits.growing
        busy = self.is_busy(place)
        follows = OTHER if busy else depends_on(sample, kind, *self._source(place), servers=self.servers)
        if rest < least or follows == CONNECTION or (is_running(sample, kind) and not busy):
            return False
        # Load comes and goes; only what rises all the time is held against those who follow it.
        rising = any(is_rising(view.series, least, throughout=follows in _FOLLOWING) for view in place.views)
        if rising or self.based is None or follows in (REQUEST, POOL):
            return rising
        if follows in (FED, STOPPABLE) and (rest - before <= self.connections or _was_more(place)):
            return False
        return rest - before >= least

    def _is_stuck(self, place: Summed) -> bool:
        minutes = max((s.wait_minutes or 0 for s in place.samples), default=0)
        if minutes < self.limits.stuckMinutes:
            return False
        return ought_to_end(place.placement.kind, place.samples[0].stack, *self._source(place))

    def is_busy(self, place: Summed) -> bool:
        """Whether the goroutines run in a loop that nothing ends or holds up."""
        placement = place.placement
        if placement.kind != "other" or placement.frame is None or (file := self._source(place)[1]) is None:
            return False
        frame = place.samples[0].stack[placement.frame]
        function = function_of_frame(file, frame)
        line = placement.line if placement.confidence != FUNCTION else frame.line
        return function is not None and endless_loop(file, function, line) is not None

    def _source(self, place: Summed) -> tuple[Operation | None, GoFile | None]:
        path = place.placement.path
        return place.placement.operation, self.packages.file(path) if path else None


def _was_more(place: Summed) -> bool:
    """Whether there were once more goroutines at a place than now, so that it is being drained."""
    return any(view.series and max(view.series) > view.series[-1] for view in place.views)


def _lasts(place: Summed, many: int) -> bool:
    """Whether goroutines are at a place in every one of several snapshots, or many are in one."""
    return place.count >= many or any(len(v.series) > 1 and all(v.series) for v in place.views)


def _servers(places: Places) -> set[str]:
    """The functions with which goroutines began that stand in the read or write of a connection."""
    samples = ((sample, place.placement.kind) for place in places.values() for sample in place.samples)
    return {entry(sample.stack) for sample, kind in samples if kind == "io-wait" or reads(sample.stack)}


def _connections(places: Places, servers: set[str]) -> int:
    """Goroutines that serve connections, whatever they do at the moment."""
    samples = (sample for place in places.values() for sample in place.samples)
    return sum(sample.count for sample in samples if entry(sample.stack) in servers)
