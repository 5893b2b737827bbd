"""Observations: what one process showed at one time, as counts by place.

An observation is never one number. Bases, series, the join of a leak profile with the plain
one, and sums over processes are views of observations, so none of them can count twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from goleak_lsp.placing.place import Placement
from goleak_lsp.profile.model import Profile, Sample

PlaceKey = tuple[str, str]
"""An anchor's id and the kind of blocking: what two snapshots are compared by."""


@dataclass(slots=True)
class Group:
    """The goroutines of one observation at one place; ``samples`` largest first."""

    placement: Placement
    samples: list[Sample] = field(default_factory=list)
    count: int = 0
    leaked: int = 0


@dataclass(frozen=True, slots=True)
class Observation:
    """One snapshot of one process, its goroutines grouped by place.

    ``proof``: the runtime looked for leaks. ``complete``: goroutines that are not leaked are
    in it too (a leak profile of the binary and ``debug=1`` forms holds leaked ones alone).
    """

    process: str
    taken_at: int | None
    proof: bool
    complete: bool
    groups: dict[PlaceKey, Group]


def observe(process: str, profile: Profile, placed: dict) -> Observation:
    """Groups a profile's samples by where they are placed."""
    groups: dict[PlaceKey, Group] = {}
    for sample in profile.samples:
        placement = placed[sample.stack]
        key = (placement.anchor.id, placement.kind)
        group = groups.get(key)
        if group is None:
            group = groups[key] = Group(placement)
        group.samples.append(sample)
        group.count += sample.count
        group.leaked += sample.count if sample.leaked else 0
    for group in groups.values():
        group.samples.sort(key=lambda s: -s.count)
    complete = any(not s.leaked for s in profile.samples) or not profile.proves
    return Observation(process, profile.taken_at, profile.proves, complete, groups)


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One place of one process over its observations.

    ``series`` holds the counts of the complete snapshots, oldest first; ``leaked`` is of
    the newest proof; ``count`` of the newest snapshot that is complete.
    """

    process: str
    key: PlaceKey
    group: Group
    count: int
    leaked: int
    series: tuple[int, ...]


def views(observations: list[Observation]) -> list[PlaceView]:
    """Every place of one process; ``observations`` are in order of time."""
    complete = [o for o in observations if o.complete]
    proofs = [o for o in observations if o.proof]
    newest = complete[-1:] + proofs[-1:]
    keys = {key: None for o in newest for key in o.groups}
    found = []
    for key in keys:
        counts = tuple(o.groups[key].count if key in o.groups else 0 for o in complete)
        leaked = proofs[-1].groups[key].leaked if proofs and key in proofs[-1].groups else 0
        count = max(counts[-1] if counts else 0, leaked)
        group = next(o.groups[key] for o in newest if key in o.groups)
        found.append(PlaceView(observations[0].process, key, group, count, leaked, counts))
    return found


def in_order(observations: list[Observation]) -> list[Observation]:
    """By time if every observation has one, else as given."""
    if all(o.taken_at is not None for o in observations):
        return sorted(observations, key=lambda o: o.taken_at or 0)
    return observations
