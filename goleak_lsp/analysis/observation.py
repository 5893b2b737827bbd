"""Observations: what one process showed at one time, as counts by place.

An observation is never one number. Bases, series, the join of a leak profile with the plain
one, and sums over processes are views of observations, so none of them can count twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import takewhile
from operator import attrgetter

from goleak_lsp.analysis.crowd import Crowd
from goleak_lsp.frozen import Frozen
from goleak_lsp.placing.place import EXACT, MOVED, PlaceKey, Placement
from goleak_lsp.profile.model import Profile, Sample

_COUNT, _LEAKED = attrgetter("count"), attrgetter("leaked")


class Group:
    """The goroutines of one observation at one place; ``samples`` largest first."""

    def __init__(self, placement: Placement) -> None:
        self.placement = placement
        self.samples: list[Sample] = []
        self.count = self.leaked = 0


class Observation:
    """One snapshot of one process, its goroutines grouped by place.

    ``proof``: the runtime looked for leaks. ``complete``: goroutines that are not leaked are
    in it too (a leak profile of the binary and ``debug=1`` forms holds leaked ones alone).
    ``total`` counts all that stand at a place, ``leaked`` those that the runtime proved.
    """

    def __init__(self, process: str, profile: Profile, groups: dict[PlaceKey, Group]) -> None:
        self.process, self.profile, self.groups = process, profile, groups
        self.taken_at, self.proof = profile.taken_at, profile.proves
        self.complete = not all(map(_LEAKED, profile.samples)) or not profile.proves
        self.total = sum(group.count for group in groups.values())
        self.leaked = sum(group.leaked for group in groups.values())

    @cached_property
    def crowd(self) -> Crowd:
        """The goroutines by what they began with."""
        return Crowd(self.profile.samples)

    @property
    def unseen(self) -> int:
        """Goroutines that were counted and have no stack."""
        return max(0, self.profile.total - self.total)


def observe(process: str, profile: Profile, placed: Sequence[Placement]) -> Observation:
    """Groups a profile's samples by where they are ``placed``, one after another."""
    groups: dict[PlaceKey, Group] = {}
    # What is placed by the same frames has one object as its placement, which is found without its key.
    numbers = [*map(id, placed)]
    alike = {n: groups.setdefault(p.key, Group(p)) for n, p in dict(zip(numbers, placed, strict=True)).items()}
    here = {number: group.samples for number, group in alike.items()}
    for sample, number in zip(profile.samples, numbers, strict=True):
        here[number].append(sample)
    first: dict[int, Placement] = {}
    if len(alike) > len(groups):
        # The user's frame may stand at another depth of each stack: the first one's is shown.
        first = dict(zip(map(id, profile.samples), placed, strict=True))
    for group in groups.values():
        group.count = sum(map(_COUNT, group.samples))
        group.leaked = sum(map(_COUNT, filter(_LEAKED, group.samples)))
        if len(group.samples) > 1:
            group.samples.sort(key=_COUNT, reverse=True)
            group.placement = first.get(id(group.samples[0]), group.placement)
    return Observation(process, profile, groups)


class PlaceView(Frozen):
    """One place of one process over its observations.

    ``count`` is the newest complete snapshot's, ``leaked`` the proved ones among them, whose
    stacks are in ``proof`` if there are any; ``series`` and ``times`` (nanoseconds or None)
    are of the complete snapshots, oldest first.
    """

    process: str
    key: PlaceKey
    group: Group
    proof: Group | None
    count: int
    leaked: int
    series: tuple[int, ...]
    times: tuple[int | None, ...]


def by_process(observations: list[Observation]) -> list[list[Observation]]:
    """The observations of each process, oldest first, from its last restart on."""
    groups: dict[str, list[Observation]] = {}
    for observation in observations:
        groups.setdefault(observation.process, []).append(observation)
    return [_since_restart(in_order(group)) for group in groups.values()]


def in_order(observations: list[Observation]) -> list[Observation]:
    """By time if every observation has one, else as given."""
    if all(o.taken_at is not None for o in observations):
        return sorted(observations, key=lambda o: o.taken_at or 0)
    return observations


def _since_restart(observations: list[Observation]) -> list[Observation]:
    """What came after the process was last started anew.

    Goroutines that the runtime proved leaked stay until the process ends, so one that has
    fewer goroutines later than were proved before is another process.
    """
    begin = proved = 0
    for at, observation in enumerate(observations):
        if observation.complete and observation.total < proved:
            begin, proved = at, 0
        proved = max(proved, observation.leaked)
    return observations[begin:]


class Series:
    """The counts at every place of one process, carried on from one survey to the next."""

    def __init__(self) -> None:
        self._seen: list[Observation] = []
        self._counts: dict[PlaceKey, list[int]] = {}

    def over(self, complete: list[Observation]) -> dict[PlaceKey, list[int]]:
        """The counts of ``complete`` snapshots, oldest first: what was counted before is not counted again."""
        known = len(self._seen)
        if any(one is not other for one, other in zip(self._seen, complete)) or known > len(complete):  # noqa: B905
            # A history is thinned now and then: what is left of it was counted already.
            numbers = {id(observation): at for at, observation in enumerate(self._seen)}
            kept = [*takewhile(lambda at: at is not None, (numbers.get(id(o)) for o in complete))]
            left = {key: [counts[at] for at in kept] for key, counts in self._counts.items()}
            known, self._counts = len(kept), {key: counts for key, counts in left.items() if any(counts)}
        for at in range(known, len(complete)):
            groups = complete[at].groups
            for key, counts in self._counts.items():
                counts.append(groups[key].count if key in groups else 0)
            for key in groups.keys() - self._counts.keys():
                self._counts[key] = [0] * at + [groups[key].count]
        self._seen = complete
        return self._counts


def views(observations: list[Observation], series: Series | None = None) -> list[PlaceView]:
    """Every place of one process; ``observations`` are in order of time, ``series`` knows earlier ones."""
    complete = [o for o in observations if o.complete]
    proofs = [o for o in observations if o.proof]
    newest: dict[PlaceKey, Group] = {}
    for observation in complete[-1:] + proofs[-1:]:
        newest |= {key: group for key, group in observation.groups.items() if key not in newest}
    times = tuple(o.taken_at for o in complete)
    last = max((at for at, o in enumerate(observations) if o.complete), default=-1)
    proof_is_newer = any(o.proof for o in observations[last + 1 :])
    found, counts = [], (series or Series()).over(complete)
    for key, group in newest.items():
        count, leaked, proof = group.count, 0, None
        if proofs:
            count, leaked = _now(key, group, complete[-1:], proofs, proof_is_newer)
            proof = next((g for o in reversed(proofs) if (g := o.groups.get(key)) and g.leaked), None)
        seen = tuple(counts.get(key, (0,) * len(times)))
        found.append(PlaceView(observations[0].process, key, group, proof, count, leaked, seen, times))
    return found


def _now(
    key: PlaceKey, group: Group, newest_complete: list[Observation], proofs: list[Observation], proof_is_newer: bool
) -> tuple[int, int]:
    """How many goroutines are at a place now, and how many of them were ever proved leaked.

    A later collection may miss what an earlier one proved; as long as the goroutines are
    there, they are leaked still.
    """
    proved = [o.groups[key].leaked if key in o.groups else 0 for o in proofs]
    newest = proved[-1]
    here = newest_complete[0].groups.get(key) if newest_complete else None
    if here is None:
        # Formats may disagree about a place that is not sure; a sure one that is empty now is empty.
        gone = bool(newest_complete) and not proof_is_newer and group.placement.confidence in (EXACT, MOVED)
        return (0, 0) if gone else (newest, newest)
    count = max(here.count, newest) if proof_is_newer else here.count
    return count, min(count, max(proved))
