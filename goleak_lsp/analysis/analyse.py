"""The whole way from decoded snapshots to findings, for every command and the server."""

from __future__ import annotations

from collections.abc import Sequence

from goleak_lsp.analysis.findings import Finding, find
from goleak_lsp.analysis.observation import Observation, observe
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import place
from goleak_lsp.profile.model import Profile
from goleak_lsp.settings import Evidence

Shot = tuple[str, Profile]
"""A process and one snapshot of it."""


def observations_of(shots: Sequence[Shot], tree: SourceTree) -> list[Observation]:
    """Places every snapshot and groups it by place."""
    return [observe(process, profile, place(profile, tree)) for process, profile in shots]


def analyse(shots: Sequence[Shot], base: Sequence[Shot], tree: SourceTree, limits: Evidence) -> list[Finding]:
    """The findings of ``shots``, growth counted against ``base``, strongest first."""
    return find(observations_of(shots, tree), observations_of(base, tree), tree, limits)
