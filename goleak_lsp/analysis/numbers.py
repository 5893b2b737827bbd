"""What the numbers at one place say: that they grow, last too long, or are merely many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from goleak_lsp.analysis.growth import LEAST_SNAPSHOTS, has_steps, rise_of
from goleak_lsp.analysis.load import Change, Changes
from goleak_lsp.analysis.observation import PlaceView
from goleak_lsp.analysis.orphans import Orphans
from goleak_lsp.analysis.stacks import Packages, function_of_frame
from goleak_lsp.analysis.waits import (
    ENDING,
    FED,
    OTHER,
    POOL,
    REQUEST,
    STOPPABLE,
    depends_on,
    is_at_connection,
    is_running,
    ought_to_end,
    sleeps_elsewhere,
)  # fmt: skip
from goleak_lsp.golang.loops import endless_loop
from goleak_lsp.golang.syntax import GoFile, Operation
from goleak_lsp.placing.place import FUNCTION, PlaceKey, Placement
from goleak_lsp.profile.model import Sample
from goleak_lsp.settings import Evidence

if TYPE_CHECKING:
    from goleak_lsp.analysis.deadlocks import Deadlock, Link

_FOLLOWING = (REQUEST, POOL, STOPPABLE)

_LONG = 6
"""Snapshots in which requests wait, from which on a rise of theirs is none of the load's alone."""


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
        if view.count > self.view.count:
            self.view = view
        self.count += view.count
        self.leaked += view.leaked
        self.samples += view.group.samples
        self.proved += [s for s in view.proof.samples if s.leaked] if view.proof else []
        self.views.append(view)


Places = Mapping[PlaceKey, Summed]


class Numbers:
    """Judges places by their numbers; ``based`` are the base's places, None without a base."""

    def __init__(self, packages: Packages, limits: Evidence, based: Places | None, changes: Changes) -> None:
        self.packages, self.limits, self.based, self.changes = packages, limits, based, changes

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
        if rest < self.limits.growing or not (self.based is not None or _has_series(place)):
            return False
        if is_at_connection(place.samples[0], place.placement.kind):
            return False
        if is_running(place.samples[0], place.placement.kind) and not self.is_busy(place):
            return False
        if any(self._rises(place, view) for view in place.views):
            return True
        grown = rest - before
        return self.based is not None and grown >= self.limits.growing and self._is_more(place, before, grown)

    def _rises(self, place: Summed, view: PlaceView) -> bool:
        """Whether the snapshots of one process show a growth that is no load."""
        least, series = self.limits.growing, view.series
        rise = rise_of(series, least)
        if rise is None:
            return False
        # One snapshot that shows less clears nothing.
        last = len(series) - (1 if series[-1] > series[-2] else 2)
        change = self.changes.between(view.process, rise[0], last)
        follows = self._follows(place, change)
        # Load comes and goes; only what rises all the time is held against those who follow it.
        if follows in _FOLLOWING and rise_of(series, least, throughout=True) is None:
            return False
        if follows != OTHER and not has_steps(series[rise.start : rise.stop], least):
            return False
        if self._is_unexplained(place, follows, series[last] - series[rise[0]], change):
            return True
        busy = tuple([count for count in series if count])
        return follows == REQUEST and len(busy) >= _LONG and rise_of(busy, least, throughout=True) is not None

    def _is_more(self, place: Summed, before: int, grown: int) -> bool:
        """Whether there are more goroutines than in the base, ``grown`` of them, that are no load."""
        change = self.changes.since_base
        follows = self._follows(place, change)
        if follows == POOL or (follows in (FED, STOPPABLE) and _was_more(place)):
            return False
        passes = sleeps_elsewhere(place.samples[0], place.placement, self._source(place)[1])
        if not passes and self._is_unexplained(place, follows, grown, change):
            return True
        old = sum(sample.count for sample in place.samples if sample.wait_minutes)
        ends = passes or (follows == REQUEST and place.placement.kind in ENDING)
        return ends and old - before >= self.limits.growing

    def _is_unexplained(self, place: Summed, follows: str, grown: int, change: Change) -> bool:
        """Whether a growth is neither load nor of goroutines that stood elsewhere before."""
        least = self.limits.growing
        # To wait for a receiver is no place to stay at, for whomever.
        if place.placement.kind != "chan-send" and change.begun(place.samples) < least:
            return False
        if follows == OTHER:
            return grown >= least
        return grown - (change.peers_there if place.placement.kind == "chan-receive" else change.peers) >= least

    def _follows(self, place: Summed, change: Change) -> str:
        if self.is_busy(place):
            return OTHER
        return depends_on(place.samples[0], place.placement.kind, *self._source(place), servers=change.servers)

    def _is_stuck(self, place: Summed) -> bool:
        if not any([s.wait_minutes and s.wait_minutes >= self.limits.stuckMinutes for s in place.samples]):
            return False
        return ought_to_end(place.placement.kind, place.samples[0].stack, *self._source(place))

    def is_busy(self, place: Summed) -> bool:
        """Whether the goroutines run in a loop that nothing ends or holds up."""
        placement = place.placement
        if placement.kind != "other" or placement.frame is None:
            return False
        if (file := self._source(place)[1]) is None:
            return False
        frame = place.samples[0].stack[placement.frame]
        function = function_of_frame(file, frame)
        line = placement.line if placement.confidence != FUNCTION else frame.line
        return function is not None and endless_loop(file, function, line) is not None

    def _source(self, place: Summed) -> tuple[Operation | None, GoFile | None]:
        path = place.placement.path
        return place.placement.operation, self.packages.file(path) if path else None


def _has_series(place: Summed) -> bool:
    """Whether there are snapshots enough of a process to see a rise in them."""
    return any([len(view.series) >= LEAST_SNAPSHOTS for view in place.views])


def _was_more(place: Summed) -> bool:
    """Whether there were once more goroutines at a place than now, so that it is being drained."""
    return any(view.series and max(view.series) > view.series[-1] for view in place.views)


def _lasts(place: Summed, many: int) -> bool:
    """Whether goroutines are at a place in every one of several snapshots, or many are in one."""
    return place.count >= many or any(len(v.series) > 1 and all(v.series) for v in place.views)

