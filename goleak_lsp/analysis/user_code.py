"""Whose code a stack without a place blocks in, guessed from the profile alone.

Where no source is there, the user's code is the module of package main, else the commonest
that is neither the standard library's nor a dependency's, whose paths name a version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

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
        self._settled: dict[int, Placement] = {}
        if before is not None and before.kept is placed.kept and "_roots" in vars(before):
            self._roots = before._roots

    def __getitem__(self, stack: Stack) -> Placement:
        placement = self._placed[stack]
        if placement.path is not None or placement.frame is not None:
            return placement
        if id(stack) not in self._settled:
            self._settled[id(stack)] = self._settle(stack, placement)
        return self._settled[id(stack)]

    def _settle(self, stack: Stack, placement: Placement) -> Placement:
        index = next((i for i, frame in enumerate(stack) if self._is_users(frame)), None)
        if index is None:
            index = next((i for i, frame in enumerate(stack) if not _parks(frame)), 0)
        frame = stack[index]
        anchor = Anchor(frame.file, frame.function, f"{placement.kind}:{frame.line}")
        return Placement(placement.confidence, placement.kind, index, anchor, reason=placement.reason)

    @cached_property
    def _roots(self) -> frozenset[str]:
        samples = [sample for profile in self._profiles for sample in profile.samples]
        has_source = any(self._placed[sample.stack].path is not None for sample in samples)
        return frozenset() if has_source else _roots(samples)

    def _is_users(self, frame: Frame) -> bool:
        return bool(self._roots) and not _is_library(frame) and _path(frame).startswith(tuple(self._roots))


def _path(frame: Frame) -> str:
    return frame.file.replace("\\", "/")


def _parks(frame: Frame) -> bool:
    return frame.function.startswith(_PARKS) or frame.function == "time.Sleep"


def _roots(samples: Sequence[Sample]) -> frozenset[str]:
    """The folders, each ending in a slash, or empty for all paths, that the user's code lies in."""
    counts: Counter[str] = Counter()
    mains: set[str] = set()
    for frame, count in _counted(samples):
        if _is_library(frame):
            continue
        folder = _path(frame).rpartition("/")[0]
        package = split(frame.function)[0]
        if package == "main":
            mains.add(folder + "/")
        else:
            counts[_root(folder, package)] += count
    if mains:
        return frozenset({*mains, *(root for root in counts if any(main.startswith(root) for main in mains))})
    return frozenset(root for root, _ in counts.most_common(1))


def _counted(samples: Iterable[Sample]) -> Iterable[tuple[Frame, int]]:
    counts: Counter[Frame] = Counter()
    for sample in samples:
        for frame in sample.stack:
            counts[frame] += sample.count
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
