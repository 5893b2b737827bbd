"""From places to findings: which of them deserve a word, and which word the evidence carries."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import compress
from operator import attrgetter
from typing import TYPE_CHECKING

from goleak_lsp.analysis.growth import rate_per_minute
from goleak_lsp.analysis.load import Changes
from goleak_lsp.analysis.numbers import Numbers, Places, Summed
from goleak_lsp.analysis.observation import Observation, PlaceView, by_process, views
from goleak_lsp.analysis.orphans import Orphans, orphans_of
from goleak_lsp.analysis.related import Related, related_to
from goleak_lsp.analysis.stacks import Packages, Stacks
from goleak_lsp.frozen import Frozen
from goleak_lsp.placing.place import NONE, PlaceKey, Placement
from goleak_lsp.placing.placement import Anchor
from goleak_lsp.profile.kinds import LOCKS
from goleak_lsp.profile.model import Sample
from goleak_lsp.settings import Evidence

# What few profiles need is imported where it is: a start is mostly imports.
if TYPE_CHECKING:
    from goleak_lsp.analysis.causes import Cause
    from goleak_lsp.analysis.deadlocks import Deadlock, Link

STRENGTH = ("leaked", "deadlock", "orphaned", "growing", "stuck", "crowded")
"""Evidence, strongest first."""
_COUNT = attrgetter("count")

MAX_EXPLAINED = 200
"""Findings, the first ones, that get their other side or their likely cause."""


class Finding(Frozen):
    """Goroutines at one place, and the strongest evidence that something is wrong with them.

    ``number`` tells the findings at one place apart, from 1.
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
    number: int = 1
    series: tuple[int, ...] = ()
    first_seen: int | None = None
    rate_per_minute: float | None = None
    orphans: Orphans | None = None
    deadlock: Deadlock | None = None
    holders: tuple[Link, ...] = ()
    cause: Cause | None = None
    related: tuple[Related, ...] = ()

    @property
    def id(self) -> str:
        """The anchor's; what else is found at the place has a suffix."""
        return self.placement.anchor.id + (f"-{self.number}" if self.number > 1 else "")

    @property
    def stack(self):
        """The commonest stack at the place."""
        return self.samples[0].stack


def at_or_above(evidence: str, limit: str) -> bool:
    """Whether ``evidence`` is at least as strong as ``limit``; nothing is at ``never``."""
    return limit != "never" and STRENGTH.index(evidence) <= STRENGTH.index(limit)


def find(
    processes: list[list[Observation]],
    seen: list[list[PlaceView]],
    base: list[Observation],
    packages: Packages,
    limits: Evidence,
) -> list[Finding]:
    """The findings of all ``processes`` together, ``seen`` so; strongest evidence first, then the largest."""
    before = by_process(base)
    based = _places(map(views, before))
    places = _places(seen)
    _reason(places, processes, packages)
    changes = Changes(processes, before)
    judge = _Judge(packages, limits, based if any(o.complete for o in base) else None, changes)
    findings = [finding for key, place in places.items() for finding in judge.findings(key, place)]
    findings.sort(key=_rank)
    findings = _numbered(findings)
    return [_explained(f, packages) for f in findings[:MAX_EXPLAINED]] + findings[MAX_EXPLAINED:]


def _explained(finding: Finding, packages: Packages) -> Finding:
    """Adds the other side, or the likely cause of what no line of the user's blocks in."""
    related = related_to(finding.placement, _links(finding), packages)
    if finding.placement.confidence != NONE:
        return finding._replace(related=related)
    from goleak_lsp.analysis.causes import likely_cause

    return finding._replace(related=related, cause=likely_cause(finding.stack, packages))


def _rank(finding: Finding) -> tuple:
    """Strongest evidence first; in a jam the root before its victims, who are many; then the largest."""
    victim = finding.deadlock is not None and finding.deadlock.is_victim
    return STRENGTH.index(finding.evidence), victim, -finding.count, finding.placement.anchor


def _places(processes: Iterable[list[PlaceView]]) -> Places:
    places: dict[PlaceKey, Summed] = {}
    for seen in processes:
        for view in seen:
            places.setdefault(view.key, Summed(view)).add(view)
    return places


def _links(finding: Finding) -> tuple[Link, ...]:
    """Who holds what: the ring of a deadlock, else whoever holds the lock."""
    return finding.deadlock.ring if finding.deadlock else finding.holders


def _reason(places: Places, processes: list[list[Observation]], packages: Packages) -> None:
    """Adds what the source says about the newest snapshot of each process."""
    for group in processes:
        newest = next((o for o in reversed(group) if o.complete), None)
        if newest is None:
            continue
        stacks = Stacks(newest, packages)
        deadlocks = _locked(places, stacks) if any(kind in LOCKS for _, kind in newest.groups) else {}
        for key, orphans in orphans_of(stacks, {key: d.count for key, d in deadlocks.items()}).items():
            places[key].orphans.append(orphans)


def _locked(places: Places, stacks: Stacks) -> dict[PlaceKey, Deadlock]:
    """Adds what goroutines that wait for locks show: who holds them, and the deadlocks, which are given back."""
    from goleak_lsp.analysis.deadlocks import deadlocks_of, holders_of
    from goleak_lsp.analysis.locks import Parties

    parties = Parties(stacks)
    deadlocks = deadlocks_of(parties)
    for key, deadlock in deadlocks.items():
        places[key].deadlocks.append(deadlock)
    for key, holders in holders_of(parties).items():
        places[key].holders += holders
    return deadlocks


class _Judge:
    """Finds the words for each place; ``based`` are the base's places, None without a base."""

    def __init__(self, packages: Packages, limits: Evidence, based: Places | None, changes: Changes) -> None:
        self.based = based
        self.numbers = Numbers(packages, limits, based, changes)

    def findings(self, key: PlaceKey, place: Summed) -> list[Finding]:
        """The findings at one place: the proved goroutines, those that the source shows, the rest."""
        base = self.based[key].count if self.based and key in self.based else 0
        found, taken = [], place.leaked
        if place.leaked:
            found.append(_finding("leaked", place.leaked, base, place))
        for evidence, shown in (("deadlock", place.deadlocks), ("orphaned", place.orphans)):
            more = min(sum(each.count for each in shown), place.count) - taken if shown else 0
            if more > 0:
                # What was there before is taken from the goroutines with the stronger evidence first.
                found.append(_finding(evidence, more, max(0, base - taken), place))
                taken += more
        rest, before = place.count - taken, max(0, base - taken)
        if rest > 0 and (evidence := self.numbers.evidence(place, rest, before)):
            found.append(_finding(evidence, rest, before, place))
        if found and self.numbers.is_busy(place):
            found = [finding._replace(kind="busy-loop") for finding in found]
        return found


def _finding(evidence: str, count: int, base: int, place: Summed) -> Finding:
    proved = evidence == "leaked"
    samples = place.proved if proved else place.samples
    if place.leaked and not proved:
        samples = [s for s in samples if not s.leaked] or samples
    # Those of one view stand in this order already.
    if len(samples) > 1 and (proved or len(place.views) > 1):
        samples = sorted(samples, key=_COUNT, reverse=True)
    view, placement = place.view, place.placement
    seen = next(compress(view.times, view.series), None)
    rate = rate_per_minute(view.series, view.times)
    return Finding(
        evidence, placement.kind, count, base, placement, samples,
        series=view.series, first_seen=seen, rate_per_minute=rate,
        orphans=place.orphans[0] if place.orphans else None, deadlock=place.deadlocks[0] if place.deadlocks else None,
        holders=tuple(place.holders),
    )  # fmt: skip


def _numbered(findings: list[Finding]) -> list[Finding]:
    """Tells the findings at one place apart."""
    seen: dict[Anchor, int] = {}
    numbered = []
    for finding in findings:
        number = seen[finding.placement.anchor] = seen.get(finding.placement.anchor, 0) + 1
        numbered.append(finding._replace(number=number) if number > 1 else finding)
    return numbered
