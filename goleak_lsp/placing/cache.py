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


class _Kept:
    """What is known of one process: placements by stack, and by the very objects of some profiles."""

    def __init__(self, by_stack: dict[Stack, Placement]) -> None:
        self.by_stack = by_stack
        self.by_object: dict[int, Placement] = {}
        self.profiles: dict[int, Profile] = {}
        """Whose stacks are in ``by_object``; as long as they are held no other object has such a number."""

    def take(self, profiles: Sequence[Profile]) -> bool:
        """Adds the stacks of ``profiles``; False where one of them was never placed."""
        for profile in profiles:
            for sample in profile.samples:
                key = id(sample.stack)
                if key not in self.by_object:
                    placement = self.by_stack.get(sample.stack)
                    if placement is None:
                        return False
                    self.by_object[key] = placement
            self.profiles[id(profile)] = profile
        return True


class PlacementCache:
    """Places the snapshots of each process together, since what all show together decides.

    A snapshot that brings no new stack costs nothing; a new stack has all of the process placed
    anew. Whoever owns the cache empties it when files have changed.
    """

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self._kept: dict[str, _Kept] = {}

    def placed(self, process: str, profiles: Sequence[Profile]) -> Placed:
        """The placements of every stack of ``profiles``, the snapshots of one process."""
        kept = self._kept.get(process) or _Kept({})
        if len(kept.profiles) > 2 * len(profiles):
            # Most of those that it holds have left the history.
            kept = _Kept(kept.by_stack)
        if not kept.take([profile for profile in profiles if id(profile) not in kept.profiles]):
            stacks = {id(sample.stack): sample for profile in reversed(profiles) for sample in profile.samples}
            union = profiles[-1]._replace(samples=tuple(stacks.values()))
            kept = _Kept(place(union, self.tree))
            kept.take(profiles)
        self._kept[process] = kept
        return Placed(kept.by_object, kept.by_stack)

    def forget(self) -> None:
        """Has everything placed anew, as after files came or went."""
        self._kept.clear()
