"""From places to findings: which of them deserve a word, and which word the evidence carries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from goleak_lsp.analysis.causes import Cause, likely_cause
from goleak_lsp.analysis.deadlocks import VICTIM, Deadlock, Link, deadlocks_of, holders_of
from goleak_lsp.analysis.growth import is_rising, rate_per_minute
from goleak_lsp.analysis.locks import Parties
from goleak_lsp.analysis.observation import Observation, PlaceKey, PlaceView, by_process, views
from goleak_lsp.analysis.orphans import Orphans, orphans_of
from goleak_lsp.analysis.related import Related, related_to
from goleak_lsp.analysis.stacks import Packages, Stacks, function_of_frame
from goleak_lsp.analysis.waits import CONNECTION, FED, OTHER, POOL, REQUEST, depends_on, ought_to_end
from goleak_lsp.golang.loops import endless_loop
from goleak_lsp.golang.syntax import GoFile, Operation
from goleak_lsp.placing.place import FUNCTION, NONE, Placement
from goleak_lsp.profile.model import Sample
from goleak_lsp.settings import Evidence

STRENGTH = ("leaked", "deadlock", "orphaned", "growing", "stuck", "crowded")
"""Evidence, strongest first."""

MAX_EXPLAINED = 200
"""Findings, the first ones, that get their other side or their likely cause."""


@dataclass(slots=True)
class Finding:
    """Goroutines at one place, and the strongest evidence that something is wrong with them.

    ``series`` are the counts of one process' snapshots, oldest first; ``first_seen`` is when
    the first of them was at the place, in nanoseconds; both are for whoever wants the history.
    ``orphans`` and ``deadlock`` are the reasoning, ``holders`` those who hold the lock that is waited
    for, ``related`` the places that have to do with it all;
    ``cause`` is the user's line that is likely to blame where the stack shows none.
    """

    evidence: str
    kind: str
    count: int
    base_count: int
    placement: Placement
    samples: list[Sample]
    id: str = ""
    series: tuple[int, ...] = ()
    first_seen: int | None = None
    rate_per_minute: float | None = None
    orphans: Orphans | None = None
    deadlock: Deadlock | None = None
    holders: tuple[Link, ...] = ()
    cause: Cause | None = None
    related: tuple[Related, ...] = ()

    @property
    def stack(self):
        """The commonest stack at the place."""
        return self.samples[0].stack


def at_or_above(evidence: str, limit: str) -> bool:
    """Whether ``evidence`` is at least as strong as ``limit``; nothing is at ``never``."""
    return limit != "never" and STRENGTH.index(evidence) <= STRENGTH.index(limit)


@dataclass(slots=True)
class _Place:
    """One place summed over processes; ``view`` is of the process that has most goroutines there."""

    view: PlaceView
    count: int = 0
    leaked: int = 0
    samples: list[Sample] = field(default_factory=list)
    proved: list[Sample] = field(default_factory=list)
    views: list[PlaceView] = field(default_factory=list)
    orphans: list[Orphans] = field(default_factory=list)
    deadlocks: list[Deadlock] = field(default_factory=list)
    holders: list[Link] = field(default_factory=list)

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


def find(
    processes: list[list[Observation]],
    seen: list[list[PlaceView]],
    base: list[Observation],
    packages: Packages,
    limits: Evidence,
) -> list[Finding]:
    """The findings of all ``processes`` together, ``seen`` so; strongest evidence first, then the largest."""
    based = _places(map(views, by_process(base)))
    places = _places(seen)
    _reason(places, processes, packages)
    judge = _Judge(packages, limits, based if any(o.complete for o in base) else None, places)
    findings = [finding for key, place in places.items() for finding in judge.findings(key, place)]
    findings.sort(key=_rank)
    _name(findings)
    for finding in findings[:MAX_EXPLAINED]:
        _explain(finding, packages)
    return findings


def _explain(finding: Finding, packages: Packages) -> None:
    """Adds the other side, or the likely cause of what no line of the user's blocks in."""
    finding.related = related_to(finding.placement, _links(finding), packages)
    if finding.placement.confidence == NONE:
        finding.cause = likely_cause(finding.stack, packages)


def _rank(finding: Finding) -> tuple:
    """Strongest evidence first; in a jam the root before its victims, who are many; then the largest."""
    victim = finding.deadlock is not None and finding.deadlock.how == VICTIM
    return STRENGTH.index(finding.evidence), victim, -finding.count, finding.placement.anchor.id


def _places(processes: Iterable[list[PlaceView]]) -> dict[PlaceKey, _Place]:
    places: dict[PlaceKey, _Place] = {}
    for seen in processes:
        for view in seen:
            places.setdefault(view.key, _Place(view)).add(view)
    return places


def _links(finding: Finding) -> tuple[Link, ...]:
    """Who holds what: the ring of a deadlock, else whoever holds the lock."""
    return finding.deadlock.ring if finding.deadlock else finding.holders


def _reason(places: dict[PlaceKey, _Place], processes: list[list[Observation]], packages: Packages) -> None:
    """Adds what the source says about the newest snapshot of each process."""
    for group in processes:
        newest = next((o for o in reversed(group) if o.complete), None)
        if newest is None:
            continue
        stacks = Stacks(newest, packages)
        parties = Parties(stacks)
        deadlocks = deadlocks_of(parties)
        for key, deadlock in deadlocks.items():
            places[key].deadlocks.append(deadlock)
        for key, holders in holders_of(parties).items():
            places[key].holders += holders
        for key, orphans in orphans_of(stacks, {key: d.count for key, d in deadlocks.items()}).items():
            places[key].orphans.append(orphans)


class _Judge:
    """Finds the word for each place; ``based`` are the base's places, None without a base."""

    def __init__(self, packages: Packages, limits: Evidence, based: dict | None, places: dict) -> None:
        self.packages, self.limits, self.based = packages, limits, based
        self.connections = _connections(places) - _connections(based or {})

    def findings(self, key: PlaceKey, place: _Place) -> list[Finding]:
        """The findings at one place: the proved goroutines, those that the source shows, the rest."""
        base = self.based[key].count if self.based and key in self.based else 0
        found, taken = [], place.leaked
        if place.leaked:
            found.append(_finding("leaked", place.leaked, base, place))
        for evidence, shown in (("deadlock", place.deadlocks), ("orphaned", place.orphans)):
            more = min(sum(each.count for each in shown), place.count) - taken
            if more > 0:
                # What was there before is taken from the goroutines with the stronger evidence first.
                found.append(_finding(evidence, more, max(0, base - taken), place))
                taken += more
        rest, before = place.count - taken, max(0, base - taken)
        if rest > 0 and (evidence := self._rest(place, rest, before)):
            found.append(_finding(evidence, rest, before, place))
        if found and (loop := self._is_busy(place)):
            for finding in found:
                finding.kind = loop
        return found

    def _rest(self, place: _Place, rest: int, before: int) -> str:
        """The evidence in the numbers alone; empty for silence."""
        if self._grows(place, rest, before):
            return "growing"
        if self._is_stuck(place) or (self._is_busy(place) and _lasts(place, self.limits.growing)):
            return "stuck"
        return "crowded" if rest >= self.limits.crowded else ""

    def _grows(self, place: _Place, rest: int, before: int) -> bool:
        follows = depends_on(place.samples[0].stack, place.placement.kind, *self._source(place))
        if self._is_busy(place):
            follows = OTHER
        least = self.limits.growing
        if rest < least or follows == CONNECTION:
            return False
        # Load comes and goes; only what rises all the time is held against those who follow it.
        rising = any(is_rising(view.series, least, throughout=follows in (REQUEST, POOL)) for view in place.views)
        if rising or self.based is None or follows in (REQUEST, POOL):
            return rising
        more = rest - before
        return more >= least and not (follows == FED and more <= self.connections)

    def _is_stuck(self, place: _Place) -> bool:
        minutes = max((s.wait_minutes or 0 for s in place.samples), default=0)
        if minutes < self.limits.stuckMinutes:
            return False
        return ought_to_end(place.placement.kind, place.samples[0].stack, *self._source(place))

    def _is_busy(self, place: _Place) -> str:
        """``busy-loop`` where the goroutines run in a loop that nothing ends or holds up, else empty."""
        placement = place.placement
        _, file = self._source(place)
        if placement.kind != "other" or file is None or placement.frame is None:
            return ""
        frame = place.samples[0].stack[placement.frame]
        function = function_of_frame(file, frame)
        line = placement.line if placement.confidence != FUNCTION else frame.line
        return "busy-loop" if function is not None and endless_loop(file, function, line) else ""

    def _source(self, place: _Place) -> tuple[Operation | None, GoFile | None]:
        path = place.placement.path
        return place.placement.operation, self.packages.file(path) if path else None


def _lasts(place: _Place, many: int) -> bool:
    """Whether goroutines are at a place in every one of several snapshots, or many are in one."""
    return place.count >= many or any(len(v.series) > 1 and all(v.series) for v in place.views)


def _connections(places: dict[PlaceKey, _Place]) -> int:
    """Goroutines that wait in a read or write of a connection."""
    return sum(place.count for place in places.values() if place.placement.kind == "io-wait")


def _finding(evidence: str, count: int, base: int, place: _Place) -> Finding:
    if evidence == "leaked":
        samples = place.proved
    else:
        samples = [s for s in place.samples if not s.leaked] or place.samples
    samples = sorted(samples, key=lambda s: -s.count)
    view = place.view
    seen = next((t for c, t in zip(view.series, view.times, strict=True) if c), None)
    rate = rate_per_minute(view.series, view.times)
    return Finding(
        evidence, place.placement.kind, count, base, place.placement, samples,
        series=view.series, first_seen=seen, rate_per_minute=rate,
        orphans=place.orphans[0] if place.orphans else None, deadlock=place.deadlocks[0] if place.deadlocks else None,
        holders=tuple(place.holders),
    )  # fmt: skip


def _name(findings: list[Finding]) -> None:
    """Gives every finding its id; a second finding at one place is told apart by a suffix."""
    seen: dict[str, int] = {}
    for finding in findings:
        name = finding.placement.anchor.id
        seen[name] = seen.get(name, 0) + 1
        finding.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
