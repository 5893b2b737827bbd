"""The whole way from decoded snapshots to findings, for every command and the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goleak_lsp.analysis.findings import Finding, find
from goleak_lsp.analysis.observation import Observation, observe
from goleak_lsp.analysis.places import Place, Started, places, started
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import place
from goleak_lsp.profile.model import Profile
from goleak_lsp.settings import Evidence

Shot = tuple[str, Profile]
"""A process and one snapshot of it."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What an editor shows: the findings, and counts without a verdict."""

    findings: Sequence[Finding] = ()
    places: Sequence[Place] = ()
    started: Sequence[Started] = ()


def observations_of(shots: Sequence[Shot], tree: SourceTree) -> list[Observation]:
    """Places every snapshot and groups it by place."""
    return [observe(process, profile, place(profile, tree)) for process, profile in shots]


def analyse(shots: Sequence[Shot], base: Sequence[Shot], tree: SourceTree, limits: Evidence) -> list[Finding]:
    """The findings of ``shots``, growth counted against ``base``, strongest first."""
    return find(observations_of(shots, tree), observations_of(base, tree), tree, limits)


def survey(shots: Sequence[Shot], base: Sequence[Shot], tree: SourceTree, limits: Evidence) -> Survey:
    """The findings, and the counts of all places and ``go`` statements."""
    observations = observations_of(shots, tree)
    findings = find(observations, observations_of(base, tree), tree, limits)
    suspects = (sample for finding in findings for sample in finding.samples)
    return Survey(findings, places(observations), started(_newest(shots), suspects, tree))


def _newest(shots: Sequence[Shot]) -> list[Profile]:
    """The newest snapshot of each process; a proof counts only where it is all that there is."""
    found: dict[str, Profile] = {}
    for process, profile in sorted(shots, key=lambda shot: not shot[1].proves):
        found[process] = profile
    return list(found.values())
