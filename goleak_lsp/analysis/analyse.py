"""The whole way from decoded snapshots to findings, for every command and the server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from goleak_lsp.analysis.findings import Finding, find
from goleak_lsp.analysis.observation import Group, Observation, Series, by_process, observe, views
from goleak_lsp.analysis.places import Place, Started, places, started
from goleak_lsp.analysis.stacks import Packages
from goleak_lsp.analysis.user_code import Settled
from goleak_lsp.frozen import Frozen
from goleak_lsp.placing.cache import PlacementCache
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import PlaceKey
from goleak_lsp.profile.model import Profile
from goleak_lsp.settings import Evidence

Shot = tuple[str, Profile]
"""A process and one snapshot of it."""


class Survey(Frozen):
    """What an editor shows: the findings, and counts without a verdict."""

    findings: Sequence[Finding] = ()
    places: Sequence[Place] = ()
    started: Sequence[Started] = ()


class _Observer:
    """Turns snapshots into observations, and keeps those whose placements still hold."""

    def __init__(self, tree: SourceTree) -> None:
        self.cache = PlacementCache(tree)
        self._kept: dict[int, tuple[Profile, object, Observation]] = {}
        self._known: dict[str, Settled] = {}

    def observe(self, shots: Sequence[Shot]) -> list[Observation]:
        """Groups every snapshot by place; those of a process are placed together, once a stack."""
        by_process: dict[str, list[Profile]] = {}
        for process, profile in shots:
            by_process.setdefault(process, []).append(profile)
        placed = {process: self._settled(process, profiles) for process, profiles in by_process.items()}
        alike = {(process, id(profile.samples)): groups for profile, groups, process in self._grouped(placed)}
        kept = {}
        for process, profile in shots:
            entry = kept[id(profile)] = self._one(process, profile, placed[process], alike)
            alike[process, id(profile.samples)] = entry[2].groups
        self._kept = kept
        return [kept[id(profile)][2] for _, profile in shots]

    def _settled(self, process: str, profiles: list[Profile]) -> Settled:
        settled = Settled(profiles, self.cache.placed(process, profiles), self._known.get(process))
        self._known[process] = settled
        return settled

    def _grouped(self, placed: dict[str, Settled]) -> Iterator[tuple[Profile, dict[PlaceKey, Group], str]]:
        """The snapshots that are kept and whose placements still hold, with their groups and processes."""
        for profile, held, observation in self._kept.values():
            process = observation.process
            if process in placed and held is placed[process].kept:
                yield profile, observation.groups, process

    def _one(
        self, process: str, profile: Profile, placed: Settled, alike: dict[tuple[str, int], dict[PlaceKey, Group]]
    ) -> tuple[Profile, object, Observation]:
        known = self._kept.get(id(profile))
        if known and known[1] is placed.kept and known[2].process == process:
            return known
        groups = alike.get((process, id(profile.samples)))
        if groups is not None:
            # A poll mostly brings what the one before it brought.
            return profile, placed.kept, Observation(process, profile, groups)
        return profile, placed.kept, observe(process, profile, placed.of(profile))


def analyse(shots: Sequence[Shot], base: Sequence[Shot], tree: SourceTree, limits: Evidence) -> list[Finding]:
    """The findings of ``shots``, growth counted against ``base``, strongest first."""
    processes = by_process(_Observer(tree).observe(shots))
    return find(processes, [*map(views, processes)], _Observer(tree).observe(base), Packages(tree), limits)


class Surveyor:
    """Surveys one source tree again and again; what still holds is kept in between."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        # A base may be of another build, so it is placed by itself even where its process is the same.
        self._now, self._before = _Observer(tree), _Observer(tree)
        self._packages = Packages(tree)
        self._series: dict[str, Series] = {}

    def forget(self) -> None:
        """Has everything placed anew, as after files came or went."""
        self._now.cache.forget()
        self._before.cache.forget()
        self._packages = Packages(self.tree)

    def survey(self, shots: Sequence[Shot], base: Sequence[Shot], limits: Evidence) -> Survey:
        """The findings, and the counts of all places and ``go`` statements."""
        if self.tree.drop_stale():
            self.forget()
        observations, before = self._now.observe(shots), self._before.observe(base)
        processes = by_process(observations)
        self._series = {group[0].process: self._series.get(group[0].process) or Series() for group in processes}
        seen = [views(group, self._series[group[0].process]) for group in processes]
        findings = find(processes, seen, before, self._packages, limits)
        suspects = (sample for finding in findings for sample in finding.samples)
        return Survey(findings, places(seen), started(_newest(observations), suspects, self.tree))


def _newest(observations: Sequence[Observation]) -> list[Profile]:
    """The newest snapshot of each process; a proof counts only where it is all that there is."""
    found: dict[str, Profile] = {}
    for observation in sorted(observations, key=lambda o: not o.proof):
        found[observation.process] = observation.profile
    return list(found.values())
