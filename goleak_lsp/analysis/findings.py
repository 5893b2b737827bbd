"""From places to findings: which of them deserve a word, and which word the evidence carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from goleak_lsp.analysis.observation import Observation, PlaceKey, PlaceView, in_order, views
from goleak_lsp.analysis.orphans import is_orphaned
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import Placement
from goleak_lsp.profile.model import Sample
from goleak_lsp.settings import Evidence

STRENGTH = ("leaked", "deadlock", "orphaned", "growing", "stuck", "crowded")
"""Evidence, strongest first."""

_RISES = 3


@dataclass(slots=True)
class Finding:
    """Goroutines at one place, and the strongest evidence that something is wrong with them."""

    evidence: str
    kind: str
    count: int
    base_count: int
    placement: Placement
    samples: list[Sample]
    id: str = ""
    series: tuple[int, ...] = field(default=())

    @property
    def stack(self):
        """The commonest stack at the place."""
        return self.samples[0].stack


def at_or_above(evidence: str, limit: str) -> bool:
    """Whether ``evidence`` is at least as strong as ``limit``; nothing is at ``never``."""
    return limit != "never" and STRENGTH.index(evidence) <= STRENGTH.index(limit)


@dataclass(slots=True)
class _Place:
    """One place summed over processes."""

    view: PlaceView
    count: int = 0
    leaked: int = 0
    samples: list[Sample] = field(default_factory=list)
    rising: bool = False


def find(observations: list[Observation], base: list[Observation], tree: SourceTree, limits: Evidence) -> list[Finding]:
    """The findings of all processes together, strongest evidence first, then the largest."""
    based = _base_counts(base)
    places = _places(observations, limits)
    findings: list[Finding] = []
    for key, place in places.items():
        findings += _judge(place, based.get(key, 0), bool(base), tree, limits)
    findings.sort(key=lambda f: (STRENGTH.index(f.evidence), -f.count, f.placement.anchor.id))
    _name(findings)
    return findings


def _base_counts(base: list[Observation]) -> dict[PlaceKey, int]:
    return {view.key: view.count for view in views(in_order(base))} if base else {}


def _places(observations: list[Observation], limits: Evidence) -> dict[PlaceKey, _Place]:
    places: dict[PlaceKey, _Place] = {}
    by_process: dict[str, list[Observation]] = {}
    for observation in observations:
        by_process.setdefault(observation.process, []).append(observation)
    for group in by_process.values():
        for view in views(in_order(group)):
            place = places.setdefault(view.key, _Place(view))
            place.count += view.count
            place.leaked += view.leaked
            place.samples += view.group.samples
            place.rising |= _rising(view.series, limits.growing)
    return places


def _rising(series: tuple[int, ...], least: int) -> bool:
    """Whether a place only ever rose over the last snapshots, by at least ``least``."""
    last = series[-max(_RISES, len(series) // 2) :]
    if len(last) < _RISES or last[-1] - last[0] < least:
        return False
    return all(a <= b for a, b in pairwise(last)) and last[-2] < last[-1]


def _judge(place: _Place, base: int, has_base: bool, tree: SourceTree, limits: Evidence) -> list[Finding]:
    placement, found = place.view.group.placement, []
    if place.leaked:
        found.append(_finding("leaked", place.leaked, base, place))
    rest = place.count - place.leaked
    if rest > 0 and (evidence := _rest(place, rest, base, has_base, tree, limits)):
        found.append(_finding(evidence, rest, base, place))
    for finding in found:
        finding.kind = placement.kind
    return found


def _rest(place: _Place, rest: int, base: int, has_base: bool, tree: SourceTree, limits: Evidence) -> str:
    """The evidence against the goroutines that the runtime did not prove; empty for silence."""
    placement = place.view.group.placement
    # Waits on connections follow the load, so their growth is no sign of a leak.
    grows = placement.kind != "io-wait"
    if is_orphaned(placement, tree):
        return "orphaned"
    if grows and ((has_base and rest - base >= limits.growing) or place.rising):
        return "growing"
    return "crowded" if rest >= limits.crowded else ""


def _finding(evidence: str, count: int, base: int, place: _Place) -> Finding:
    placement = place.view.group.placement
    samples = sorted(place.samples, key=lambda s: -s.count)
    return Finding(evidence, placement.kind, count, base, placement, samples, series=place.view.series)


def _name(findings: list[Finding]) -> None:
    """Gives every finding its id; a second finding at one place is told apart by a suffix."""
    seen: dict[str, int] = {}
    for finding in findings:
        name = finding.placement.anchor.id
        seen[name] = seen.get(name, 0) + 1
        finding.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
