"""Whose code a stack without a place blocks in, guessed from the profile alone.

Where no source is there, the user's code is the module of package main, else the commonest
that is neither the standard library's nor a dependency's, whose paths name a version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain, compress, count

from goleak_lsp.placing.cache import Placed
from goleak_lsp.placing.place import Anchor, Placement
from goleak_lsp.profile.model import Frame, Profile, Sample, Stack
from goleak_lsp.profile.names import is_standard, split

_PARKS = ("runtime.", "internal/runtime/", "internal/sync.", "sync.")


class Settled:
    """The placements of a process' stacks; one that is nowhere stands on the frame to name it by.

    What ``before`` found out about the process holds on while no stack was placed anew.
    """

    def __init__(self, profiles: Sequence[Profile], placed: Placed, before: Settled | None) -> None:
        self.kept = placed.kept
        self._profiles, self._placed = profiles, placed
        self._settled: dict[tuple[int, int, Frame], Placement] = {}
        if before is not None and before.kept is placed.kept and "_users" in vars(before):
            self._users = before._users

    def of(self, profile: Profile) -> list[Placement]:
        """The placement of each sample; those that are equal are mostly one object."""
        found = self._placed.of(profile)
        bare = {id(p) for p in _distinct(found) if p.path is None and p.frame is None}
        if not bare:
            return found
        pairs = zip(profile.samples, found, strict=True)
        return [self._settle(sample.stack, p) if id(p) in bare else p for sample, p in pairs]

    def _settle(self, stack: Stack, placement: Placement) -> Placement:
        index = next(compress(count(), map(self._users.__getitem__, stack)), None)
        if index is None:
            index = next((i for i, frame in enumerate(stack) if not _parks(frame)), 0)
        frame = stack[index]
        key = (id(placement), index, frame)
        if key not in self._settled:
            anchor = Anchor(frame.file, frame.function, f"{placement.kind}:{frame.line}")
            settled = Placement(placement.confidence, placement.kind, index, anchor, reason=placement.reason)
            self._settled[key] = settled
        return self._settled[key]

    @cached_property
    def _users(self) -> _Users:
        placements = _distinct(chain.from_iterable(map(self._placed.of, self._profiles)))
        if any(p.path is not None for p in placements):
            return _Users(())
        return _Users(_roots([sample for profile in self._profiles for sample in profile.samples]))


class _Users(dict):
    """Whether a frame is the user's, by the roots of the user's code: found out once a frame."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._roots = tuple(roots)

    def __missing__(self, frame: Frame) -> bool:
        found = self[frame] = not _is_library(frame) and _path(frame).startswith(self._roots)
        return found


def _distinct(placements: Iterable[Placement]) -> Iterable[Placement]:
    placements = [*placements]
    return dict(zip(map(id, placements), placements, strict=True)).values()


def _path(frame: Frame) -> str:
    return frame.file.replace("\\", "/")


def _parks(frame: Frame) -> bool:
    return frame.function.startswith(_PARKS) or frame.function == "time.Sleep"


def _roots(samples: Sequence[Sample]) -> frozenset[str]:
    """The folders, each ending in a slash, or empty for all paths, that the user's code lies in."""
    counts: Counter[str] = Counter()
    mains: set[str] = set()
    for frame, number in _counted(samples):
        if _is_library(frame):
            continue
        folder = _path(frame).rpartition("/")[0]
        package = split(frame.function)[0]
        if package == "main":
            mains.add(folder + "/")
        else:
            counts[_root(folder, package)] += number
    if mains:
        return frozenset({*mains, *(root for root in counts if any(main.startswith(root) for main in mains))})
    return frozenset(root for root, _ in counts.most_common(1))


def _counted(samples: Sequence[Sample]) -> Iterable[tuple[Frame, int]]:
    """The goroutines that have each frame, as often as they have it."""
    stacks: dict[int, list[Stack]] = {}
    for sample in samples:
        stacks.setdefault(sample.count, []).append(sample.stack)
    counts: Counter[Frame] = Counter()
    for number, group in stacks.items():
        for frame, times in Counter(chain.from_iterable(group)).items():
            counts[frame] += number * times
    return counts.items()


def _root(folder: str, package: str) -> str:
    """The folder without what it has in common with the end of the package's path."""
    parts, names = folder.split("/"), package.split("/")
    while parts and names and parts[-1] == names[-1]:
        parts.pop()
        names.pop()
    return "/".join(parts) + "/" if parts else ""


def _is_library(frame: Frame) -> bool:
    """Whether a frame is the standard library's or a dependency's."""
    file = _path(frame)
    if "@" in file or "/vendor/" in file or not file.endswith(".go"):
        return True
    package = split(frame.function)[0]
    # The standard library's folder ends as its package does: below GOROOT/src, or trimmed.
    folder = file.rpartition("/")[0]
    return is_standard(package) and (folder == package or folder.endswith("/src/" + package))
