"""Placements that are kept from one snapshot of a process to the next, as long as they hold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from operator import attrgetter

from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import Placement, placements
from goleak_lsp.profile.model import Profile, Stack

_STACK = attrgetter("stack")


class Placed:
    """The placements of all stacks of some profiles, looked up by the very objects.

    A history is made of few stack objects, met again and again, and the hash of a stack costs
    more than all else that is done with a sample.
    """

    def __init__(self, known: _Kept) -> None:
        self._known = known
        self.kept: object = known.anew
        """The same object as long as no stack was placed anew."""

    def __getitem__(self, stack: Stack) -> Placement:
        return self._known.by_object[id(stack)]

    def of(self, profile: Profile) -> list[Placement]:
        """The placement of each sample."""
        if self._known.anew.is_of(profile):
            return [placement for _, placement in self._known.anew.placed]
        return list(map(self._known.by_object.__getitem__, map(id, map(_STACK, profile.samples))))


class _Anew:
    """The stacks of one process that were placed together, as ``profile`` shows them."""

    def __init__(self, profile: Profile | None, placed: Sequence[tuple[Stack, Placement]]) -> None:
        self.profile, self.placed = profile, placed

    def is_of(self, profile: Profile) -> bool:
        """Whether they are the stacks of its samples, one after another."""
        return profile is self.profile and len(self.placed) == len(profile.samples)

    @cached_property
    def by_stack(self) -> dict[Stack, Placement]:
        """The placements for stacks that are equal to those and other objects."""
        return dict(self.placed)


class _Kept:
    """What is known of one process: its placements, and those by the very objects of some profiles."""

    def __init__(self, anew: _Anew) -> None:
        self.anew = anew
        self.profiles: dict[int, Profile] = {}
        """Whose stacks are in ``by_object``; as long as they are held no other object has such a number."""

    @cached_property
    def by_object(self) -> dict[int, Placement]:
        """The placements by the very objects; most commands look at one snapshot, and need none of it."""
        return {id(stack): placement for stack, placement in self.anew.placed}

    def take(self, profiles: Sequence[Profile]) -> bool:
        """Adds the stacks of ``profiles``; False where one of them was never placed."""
        for profile in profiles:
            if self.anew.is_of(profile):
                self.profiles[id(profile)] = profile
                continue
            known = self.by_object
            for stack in map(_STACK, profile.samples):
                if id(stack) not in known:
                    placement = self.anew.by_stack.get(stack)
                    if placement is None:
                        return False
                    known[id(stack)] = placement
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
        kept = self._kept.get(process) or _Kept(_Anew(None, ()))
        if len(kept.profiles) > 2 * len(profiles):
            # Most of those that it holds have left the history.
            kept = _Kept(kept.anew)
        if not kept.take([profile for profile in profiles if id(profile) not in kept.profiles]):
            shown = _union(profiles)
            kept = _Kept(_Anew(shown, placements(shown, self.tree)))
            kept.take(profiles)
        self._kept[process] = kept
        return Placed(kept)

    def forget(self) -> None:
        """Has everything placed anew, as after files came or went."""
        self._kept.clear()


def _union(profiles: Sequence[Profile]) -> Profile:
    """The newest of some profiles with the stacks of all."""
    if len(profiles) == 1:
        return profiles[0]
    stacks = {id(sample.stack): sample for profile in reversed(profiles) for sample in profile.samples}
    return profiles[-1]._replace(samples=tuple(stacks.values()))
