"""Placements that are kept from one snapshot of a process to the next, as long as they hold."""

from __future__ import annotations

from collections.abc import Sequence

from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import Placement, place
from goleak_lsp.profile.model import Profile, Stack


class Placed:
    """The placements of all stacks of some profiles, looked up by the very objects.

    A history is made of few stack objects, met again and again, and the hash of a stack costs
    more than all else that is done with a sample.
    """

    def __init__(self, known: dict[int, Placement], kept: object) -> None:
        self._known = known
        self.kept = kept
        """The same object as long as no stack was placed anew."""

    def __getitem__(self, stack: Stack) -> Placement:
        return self._known[id(stack)]


class PlacementCache:
    """Places the snapshots of each process together, since what all show together decides.

    A snapshot that brings no new stack costs nothing; a new stack has all of the process placed
    anew. Whoever owns the cache empties it when files have changed.
    """

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self._kept: dict[str, dict[Stack, Placement]] = {}

    def placed(self, process: str, profiles: Sequence[Profile]) -> Placed:
        """The placements of every stack of ``profiles``, the snapshots of one process."""
        stacks = {id(sample.stack): sample for profile in reversed(profiles) for sample in profile.samples}
        kept = self._kept.get(process, {})
        found = {key: kept.get(sample.stack) for key, sample in stacks.items()}
        if None in found.values():
            union = profiles[-1]._replace(samples=tuple(stacks.values()))
            kept = self._kept[process] = place(union, self.tree)
            found = {key: kept[sample.stack] for key, sample in stacks.items()}
        return Placed(found, kept)

    def forget(self) -> None:
        """Has everything placed anew, as after files came or went."""
        self._kept.clear()
