"""From places to findings: which of them deserve a word, and which word the evidence carries."""

from __future__ import annotations

from dataclasses import dataclass, field

from goleak_lsp.analysis.growth import is_rising, rate_per_minute
from goleak_lsp.analysis.observation import Observation, PlaceKey, PlaceView, by_process, views
from goleak_lsp.analysis.orphans import is_orphaned
from goleak_lsp.analysis.waits import CONNECTION, depends_on
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import Placement
from goleak_lsp.profile.model import Sample
from goleak_lsp.settings import Evidence

STRENGTH = ("leaked", "deadlock", "orphaned", "growing", "stuck", "crowded")
"""Evidence, strongest first."""


@dataclass(slots=True)
class Finding:
    """Goroutines at one place, and the strongest evidence that something is wrong with them.

    ``series`` are the counts of one process' snapshots, oldest first; ``first_seen`` is when
    the first of them was at the place, in nanoseconds; both are for whoever wants the history.
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


def find(observations: list[Observation], base: list[Observation], tree: SourceTree, limits: Evidence) -> list[Finding]:
    """The findings of all processes together, strongest evidence first, then the largest."""
    based = _places(base)
    compared = any(o.complete for o in base)
    findings: list[Finding] = []
    for key, place in _places(observations).items():
        before = based[key].count if key in based else 0
        findings += _judge(place, before, compared, tree, limits)
    findings.sort(key=lambda f: (STRENGTH.index(f.evidence), -f.count, f.placement.anchor.id))
    _name(findings)
    return findings


def _places(observations: list[Observation]) -> dict[PlaceKey, _Place]:
    places: dict[PlaceKey, _Place] = {}
    for group in by_process(observations):
        for view in views(group):
            places.setdefault(view.key, _Place(view)).add(view)
    return places


def _judge(place: _Place, base: int, compared: bool, tree: SourceTree, limits: Evidence) -> list[Finding]:
    """The findings at one place: of the proved goroutines, and of the rest if it deserves a word."""
    found = []
    if place.leaked:
        found.append(_finding("leaked", place.leaked, base, place))
    rest = place.count - place.leaked
    # What was there before is taken from the proved goroutines first.
    before = max(0, base - place.leaked)
    if rest > 0 and (evidence := _rest(place, rest, before if compared else None, tree, limits)):
        found.append(_finding(evidence, rest, before, place))
    return found


def _rest(place: _Place, rest: int, before: int | None, tree: SourceTree, limits: Evidence) -> str:
    """The evidence against the goroutines that the runtime did not prove; empty for silence.

    ``before`` is the base's number, None without a base.
    """
    if is_orphaned(place.placement, tree):
        return "orphaned"
    if _grows(place, rest, before, limits.growing):
        return "growing"
    return "crowded" if rest >= limits.crowded else ""


def _grows(place: _Place, rest: int, before: int | None, least: int) -> bool:
    if rest < least or depends_on(place.samples[0].stack, place.placement.kind) == CONNECTION:
        return False
    if before is not None and rest - before >= least:
        return True
    return any(is_rising(view.series, least) for view in place.views)


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
    )  # fmt: skip


def _name(findings: list[Finding]) -> None:
    """Gives every finding its id; a second finding at one place is told apart by a suffix."""
    seen: dict[str, int] = {}
    for finding in findings:
        name = finding.placement.anchor.id
        seen[name] = seen.get(name, 0) + 1
        finding.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
