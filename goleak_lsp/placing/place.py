"""Places the stacks of a profile on today's source.

Two stages: a stack becomes an anchor in the content (file, function, operation), which ids
and baselines key on; a line number is only where that anchor stands at the moment.

The rules are sure or say so. ``exact``: the operation stands on the profile's line, in a
function that begins where the profile says. ``moved``: it is another line, just as sure.
``function``: the function is there and the operation cannot be told. ``none``: no file, no
such function, or the operation is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import chain
from operator import attrgetter, eq, not_
from pathlib import Path
from typing import TYPE_CHECKING

from goleak_lsp.placing.checkout import Checkout, Seen
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.layout import FileMap
from goleak_lsp.placing.placement import EXACT, FUNCTION, MOVED, NONE, Anchor, PlaceKey, Placement
from goleak_lsp.placing.sightings import Sighting, calling, origin, parks, sighting
from goleak_lsp.placing.surroundings import folder_states
from goleak_lsp.placing.today import Today
from goleak_lsp.profile.kinds import is_within, kind_of
from goleak_lsp.profile.model import Frame, Profile, Sample, Stack
from goleak_lsp.profile.names import split
from goleak_lsp.profile.pieces import LENGTH, Pieces

if TYPE_CHECKING:
    from goleak_lsp.placing.origins import Origins

__all__ = ["EXACT", "FUNCTION", "MOVED", "NONE", "Anchor", "PlaceKey", "Placement", "place"]

_COMMIT = re.compile(r"^[0-9a-f]{7,64}$|^v\d+\.\d+\.\d+[\w.+-]*$")
_HINTS = frozenset(
    {
        "commit", "git_commit", "git_ref", "git_revision", "revision", "service.version", "service_git_ref",
        "service_version", "vcs.ref.head.revision", "vcs.revision", "version",
    }
)  # fmt: skip
"""Labels by which databases of profiles tell what was built."""
_LABELS, _ORIGIN = attrgetter("labels"), attrgetter("created_by")
_TOLD = attrgetter("stack", "state", "created_by")
MAX_CALLS = 100_000
"""Calls of the user's code that a file's text is held against; a large program shows a tenth of it."""
_STACK, _STATE, _HIDDEN = attrgetter("stack"), attrgetter("state"), attrgetter("hidden")


def place(profile: Profile, tree: SourceTree) -> dict[Stack, Placement]:
    """The placement of every distinct stack of ``profile``; never raises for what it holds."""
    return dict(placements(profile, tree))


def placements(profile: Profile, tree: SourceTree) -> list[tuple[Stack, Placement]]:
    """The distinct stacks with their placements; those that are placed by the same frames have the same one."""
    survey = _surveyed(profile, tree)
    return survey.placements(survey.decided(tree))


class _Head:
    """The inner frames of a stack, up to the first that has no part in blocking, and a sample that has them.

    They and its state tell what the goroutine is blocked on.
    """

    __slots__ = ("depth", "kind", "sample")

    def __init__(self, sample: Sample, depth: int) -> None:
        self.sample, self.depth, self.kind = sample, depth, kind_of(sample)


class _Survey:
    """What one profile saw of the user's files, file by file.

    Stacks are many and long, and they differ far out: what a call says is found out once for all stacks
    that have it, and where a goroutine is placed once for all that have the same frames up to there.
    """

    def __init__(self, profile: Profile, tree: SourceTree) -> None:
        self.profile = profile
        self.samples = _telling_samples(profile)
        self.files: dict[str, Seen] = {}
        pieces = Pieces(self.samples)
        self.map = FileMap(profile, tree, pieces.frames)
        self._known: dict[tuple, Sighting] = {}
        for frame in self._first_of_files(pieces.frames):
            self._seen(frame)
        self._users = frozenset(filter(self._seen, pieces.frames))
        self._outside = frozenset(f for f in pieces.frames if not is_within(f.function) and not parks(f))
        begins = self._begins(pieces.firsts)
        self._keys = self._keys_of_heads(begins)
        equal: dict[tuple, _Head] = {}
        of_key = dict(zip(self._keys, zip(begins, self.samples.values(), strict=True), strict=True))
        self._heads = {key: (begin, self._head(sample, equal)) for key, (begin, sample) in of_key.items()}
        for head in equal.values():
            for index in range(head.depth):
                self._sighting(head, head.sample.stack, index)
        for frame, callee in pieces.calls({frame for frame in pieces.frames if not parks(frame)}):
            if frame in self._users and len(self._known) < MAX_CALLS:
                self._call(frame, callee)
        self.hints = _hints(profile)
        for frame in dict.fromkeys(map(_ORIGIN, profile.samples)):
            if frame is not None and (seen := self._seen(frame)):
                seen.sightings.add(origin(frame))

    def _first_of_files(self, frames: Iterable[Frame]) -> list[Frame]:
        """Of the files whose frames bear the names of several packages, the frame that comes first."""
        by_file: dict[str, list[Frame]] = {}
        for frame in frames:
            by_file.setdefault(frame.file, []).append(frame)
        several = [set(group) for group in by_file.values() if len({split(f.function)[0] for f in group}) > 1]
        return [next(frame for frame in chain.from_iterable(self.samples) if frame in group) for group in several]

    def _begins(self, firsts: list[Stack]) -> list[Stack]:
        """The first piece of each stack, or all of it where that is too short to tell its head."""
        deep = {piece for piece in set(firsts) if len(piece) == LENGTH and self._outside.isdisjoint(piece)}
        if deep:
            firsts = [stack if piece in deep else piece for stack, piece in zip(self.samples, firsts, strict=True)]
        return firsts

    def _keys_of_heads(self, begins: list[Stack]) -> list[tuple]:
        """What tells the head of each stack: how it begins, and its state where those are not all one."""
        samples = self.samples.values()
        if len(set(map(_STATE, samples))) <= 1 and len(set(map(not_, map(_HIDDEN, samples)))) <= 1:
            return begins
        return list(zip(begins, map(_STATE, samples), map(not_, map(_HIDDEN, samples)), strict=True))

    def _head(self, sample: Sample, equal: dict[tuple, _Head]) -> _Head:
        """The head of a stack; those that are equal become one."""
        depth = _through(sample.stack, self._outside)
        key = (sample.stack[:depth], sample.state, not sample.hidden)
        head = equal.get(key)
        if head is None:
            head = equal[key] = _Head(sample, depth)
        return head

    def _sighting(self, head: _Head, stack: Stack, index: int) -> Sighting | None:
        """What the frame at ``index`` of a stack says; None for what is not the user's."""
        if stack[index] not in self._users:
            return None
        if index >= head.depth or not all(map(parks, stack[:index])):
            return self._call(stack[index], stack[index - 1])
        key = (head.kind, bool(head.sample.state), *stack[: index + 1])
        if key not in self._known:
            self._known[key] = sighting(head.sample, index)
            self.files[stack[index].file].sightings.add(self._known[key])
        return self._known[key]

    def _call(self, frame: Frame, callee: Frame) -> Sighting:
        if (frame, callee) not in self._known:
            self._known[frame, callee] = calling(frame, callee)
            self.files[frame.file].sightings.add(self._known[frame, callee])
        return self._known[frame, callee]

    def _seen(self, frame: Frame) -> Seen | None:
        if frame.file not in self.files:
            path = self.map.local(frame)
            wanted = [] if path else self.map.wanted(frame)
            self.files[frame.file] = Seen(frame.file, path, wanted, self.map.version(frame), set())
        seen = self.files[frame.file]
        return seen if seen.path or seen.wanted else None

    def decided(self, tree: SourceTree) -> dict[str, dict[Sighting, Placement]]:
        """The placements of all sightings of every file."""
        files = [seen for seen in self.files.values() if seen.sightings]
        checkout = Checkout(tree, files, self.hints)

        @cache
        def history() -> Origins:
            from goleak_lsp.placing.origins import Origins

            return Origins(checkout)

        return {seen.name: _decided(seen, checkout, history) for seen in files}

    def placements(self, decided: dict[str, dict[Sighting, Placement]]) -> list[tuple[Stack, Placement]]:
        """Every stack with its placement."""
        ends = _Ends(self, decided)
        known: dict[tuple, Placement] = {}

        def placed(head: _Head, stack: Stack, depth: int | None) -> Placement | None:
            if depth is None:
                return None
            key = (id(head), stack[:depth])
            if key not in known:
                known[key] = self._placement(head, stack[:depth], decided)
            return known[key]

        by_key = {
            key: placed(head, begin, ends.of_piece(head, begin)) for key, (begin, head) in self._heads.items()
        }
        found = list(map(by_key.__getitem__, self._keys))
        if None in by_key.values():
            parts = zip(self.samples, self._keys, found, strict=True)
            found = [p or placed(head := self._heads[key][1], stack, ends.of(head, stack)) for stack, key, p in parts]
        return list(zip(self.samples, found, strict=True))

    def _placement(self, head: _Head, stack: Stack, decided: dict[str, dict[Sighting, Placement]]) -> Placement:
        """The placement by the innermost frame of the user's that has a file."""
        last: Placement | None = None
        for index, frame in enumerate(stack):
            what = self._sighting(head, stack, index)
            if what is None:
                continue
            found = decided[frame.file].get(what)
            if found is None:
                continue  # one of too many
            is_here = found.path is not None or self.files[frame.file].path is not None
            if not is_here and last is not None:
                continue
            if what.kind == "call":
                found = found._replace(kind=head.kind)
            if is_here:
                return found._replace(frame=index)
            last = found
        return last or _nowhere(head.sample, head.kind)


class _Ends:
    """How far out a stack has to be looked at: frames beyond the first that has a file decide nothing."""

    def __init__(self, survey: _Survey, decided: dict[str, dict[Sighting, Placement]]) -> None:
        here = {name for name, seen in survey.files.items() if seen.path is not None}
        elsewhere = {name for name, placed in decided.items() if any(p.path is not None for p in placed.values())}
        self._users = survey._users
        self._outside = self._users & survey._outside
        self._here = frozenset(frame for frame in self._outside if frame.file in here)
        self._anywhere = frozenset(f for f in self._users if f.file in here or f.file in elsewhere)

    def of(self, head: _Head, stack: Stack) -> int:
        """The number of inner frames that decide where a stack is placed."""
        if self._users.isdisjoint(stack):
            return head.depth
        ends = self._outside if self._anywhere.isdisjoint(stack) else self._here
        return max(head.depth, _through(stack, ends))

    def of_piece(self, head: _Head, piece: Stack) -> int | None:
        """The same for all stacks that begin with ``piece``; None where what follows it makes a difference."""
        ends = self._here if self._anywhere else self._outside
        if len(piece) == LENGTH and self._users and ends.isdisjoint(piece):
            return None
        return self.of(head, piece)


def _through(stack: Stack, ends: AbstractSet[Frame]) -> int:
    """How many frames there are up to and including the first of ``ends``; all where there is none."""
    for depth, frame in enumerate(stack, 1):
        if frame in ends:
            return depth
    return len(stack)


def _surveyed(profile: Profile, tree: SourceTree) -> _Survey:
    """The survey of a profile; a poll mostly brings the same stacks again."""
    known = tree.memory.get("survey")
    if not isinstance(known, _Survey) or not _shows(known, profile) or not _holds(known, tree):
        known = tree.memory["survey"] = _Survey(profile, tree)
    return known


def _shows(known: _Survey, profile: Profile) -> bool:
    """Whether a profile shows what was surveyed."""
    before, now = known.profile.samples, profile.samples
    if known.profile.revisions != profile.revisions or len(before) != len(now):
        return False
    return before is now or all(map(eq, map(_TOLD, before), map(_TOLD, now)))


def _holds(known: _Survey, tree: SourceTree) -> bool:
    return not any(seen.path and tree.state(seen.path) is None for seen in known.files.values())


def _decided(seen: Seen, checkout: Checkout, history: Callable[[], Origins]) -> dict[Sighting, Placement]:
    """One file's placements, remembered as long as neither the texts nor what was seen of them change."""
    tree = checkout.tree
    memory = tree.memory.setdefault("decided", {})
    key = (frozenset(seen.sightings), tree.state(seen.path) if seen.path else None, checkout.state)
    known = memory.get(seen.name)
    if known is None or known[0] != key or known[1] != folder_states(tree, known[1].keys()):
        today = Today(seen, tree)
        if today.settled and checkout.is_current(seen):
            placed = today.placements()
        else:
            # Files that have changed are few, and a start is mostly imports.
            from goleak_lsp.placing.deciding import Decider

            origins = history()
            placed = Decider(today).place(origins.of(seen), origins.is_cut(seen))
        known = memory[seen.name] = (key, folder_states(tree, _folders(seen, placed)), placed)
    return known[2]


def _folders(seen: Seen, placed: dict[Sighting, Placement]) -> set[Path]:
    """Where else an answer may come from: what is not surely in its own file may be in others."""
    outside = {p.path.parent for p in placed.values() if p.path is not None and p.path != seen.path}
    unsure = any(p.confidence not in (EXACT, MOVED) for p in placed.values())
    return outside | {path.parent for path in [seen.path or next(iter(seen.wanted), None)] if unsure and path}


def _telling_samples(profile: Profile) -> dict[Stack, Sample]:
    """Of the samples with one stack, that which tells what the goroutine is blocked on."""
    found = dict(zip(map(_STACK, profile.samples), profile.samples, strict=True))
    if len(found) == len(profile.samples):
        return found
    found.clear()
    for sample in profile.samples:
        known = found.setdefault(sample.stack, sample)
        if known is sample or (known.state == sample.state and bool(known.hidden) == bool(sample.hidden)):
            continue  # one state tells one kind
        if kind_of(known) == "other" and kind_of(sample) != "other":
            found[sample.stack] = sample
    return found


def _hints(profile: Profile) -> list[str]:
    pairs = set(chain.from_iterable(map(_LABELS, profile.samples)))
    told = {value for key, value in pairs if key.lower() in _HINTS and _COMMIT.match(value)}
    return sorted(told.union(profile.revisions))


def _nowhere(sample: Sample, kind: str) -> Placement:
    frame = next((f for f in sample.stack if not parks(f)), sample.stack[0])
    anchor = Anchor(frame.file, frame.function, f"@{frame.line}")
    return Placement(NONE, kind, None, anchor, reason="no frame of this stack is in the workspace")
