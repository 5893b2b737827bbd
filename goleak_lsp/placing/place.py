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
from pathlib import Path

from goleak_lsp.placing.deciding import Decider
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.layout import FileMap
from goleak_lsp.placing.origins import Origins, Seen
from goleak_lsp.placing.placement import EXACT, FUNCTION, MOVED, NONE, Anchor, PlaceKey, Placement
from goleak_lsp.placing.sightings import Sighting, origin, parks, sighting
from goleak_lsp.placing.surroundings import folder_states
from goleak_lsp.profile.kinds import kind_of
from goleak_lsp.profile.model import Profile, Sample, Stack

__all__ = ["EXACT", "FUNCTION", "MOVED", "NONE", "Anchor", "PlaceKey", "Placement", "place"]

_COMMIT = re.compile(r"^[0-9a-f]{7,64}$|^v\d+\.\d+\.\d+[\w.+-]*$")
_HINTS = frozenset(
    {
        "commit", "git_commit", "git_ref", "git_revision", "revision", "service.version", "service_git_ref",
        "service_version", "vcs.ref.head.revision", "vcs.revision", "version",
    }
)  # fmt: skip
"""Labels by which databases of profiles tell what was built."""


def place(profile: Profile, tree: SourceTree) -> dict[Stack, Placement]:
    """The placement of every distinct stack of ``profile``; never raises for what it holds."""
    survey = _surveyed(profile, tree)
    decided = survey.decided(tree)
    return {stack: survey.placement(sample, decided) for stack, sample in survey.samples.items()}


class _Survey:
    """What one profile saw of the user's files, file by file.

    Stacks are many and long, frames are few: what a frame says is found out once for all stacks
    that have it, and frames are told apart as objects, which a reader makes once each.
    """

    def __init__(self, profile: Profile, tree: SourceTree) -> None:
        self.samples = _telling_samples(profile)
        self.files: dict[str, Seen] = {}
        self.map = FileMap(profile, tree)
        self.kinds = {id(sample): kind_of(sample) for sample in self.samples.values()}
        self._known: dict[tuple, Sighting] = {}
        self._calls: set[tuple[int, int]] = set()
        for sample in self.samples.values():
            self._look_at(sample)
        self.hints = _hints(profile)
        for sample in profile.samples:
            frame = sample.created_by
            if frame is not None and (seen := self._seen(frame)):
                seen.sightings.add(origin(frame))

    def _look_at(self, sample: Sample) -> None:
        """Adds what a stack shows; of its calls those alone that no stack before it had."""
        ids = [*map(id, sample.stack)]
        begin = next((at for at, frame in enumerate(sample.stack, 1) if not parks(frame)), len(ids))
        for index in range(begin):
            self.sighting(sample, index)
        if self._calls.issuperset(zip(ids[begin:], ids[begin - 1 :], strict=False)):
            return
        for index in range(begin, len(ids)):
            self.sighting(sample, index)
            if not parks(sample.stack[index - 1]):
                self._calls.add((ids[index], ids[index - 1]))

    def sighting(self, sample: Sample, index: int) -> Sighting | None:
        """What the frame at ``index`` of a stack says; None for what is not the user's."""
        frame, callee = sample.stack[index], sample.stack[index - 1] if index else None
        seen = self._seen(frame)
        if seen is None:
            return None
        if callee is None or parks(callee):
            key = (self.kinds[id(sample)], bool(sample.state), *map(id, sample.stack[: index + 1]))
        else:
            key = (id(frame), id(callee))
        if key not in self._known:
            self._known[key] = sighting(sample, index)
            seen.sightings.add(self._known[key])
        return self._known[key]

    def _seen(self, frame) -> Seen | None:
        if frame.file not in self.files:
            path = self.map.local(frame)
            wanted = [] if path else self.map.wanted(frame)
            self.files[frame.file] = Seen(frame.file, path, wanted, self.map.version(frame), set())
        seen = self.files[frame.file]
        return seen if seen.path or seen.wanted else None

    def decided(self, tree: SourceTree) -> dict[str, dict[Sighting, Placement]]:
        """The placements of all sightings of every file."""
        files = [seen for seen in self.files.values() if seen.sightings]
        origins = Origins(tree, files, self.hints)
        return {seen.name: _decided(seen, tree, origins) for seen in files}

    def placement(self, sample: Sample, decided: dict[str, dict[Sighting, Placement]]) -> Placement:
        """The placement by the innermost frame of the user's that has a file."""
        kind = self.kinds[id(sample)]
        last: Placement | None = None
        for index, frame in enumerate(sample.stack):
            what = self.sighting(sample, index)
            if what is None:
                continue
            found = decided[frame.file][what]
            is_here = found.path is not None or self.files[frame.file].path is not None
            if not is_here and last is not None:
                continue
            if what.kind == "call":
                found = found._replace(kind=kind)
            if is_here:
                return found._replace(frame=index)
            last = found
        return last or _nowhere(sample, kind)


def _surveyed(profile: Profile, tree: SourceTree) -> _Survey:
    """The survey of a profile; a poll mostly brings the same stacks again."""
    key = (profile.revisions, *((s.stack, s.state, s.created_by) for s in profile.samples))
    known = tree.memory.get("survey")
    if known is None or known[0] != key or any(s.path and tree.state(s.path) is None for s in known[1].files.values()):
        known = tree.memory["survey"] = (key, _Survey(profile, tree))
    return known[1]


def _decided(seen: Seen, tree: SourceTree, origins: Origins) -> dict[Sighting, Placement]:
    """One file's placements, remembered as long as neither the texts nor what was seen of them change."""
    memory = tree.memory.setdefault("decided", {})
    key = (frozenset(seen.sightings), tree.state(seen.path) if seen.path else None, origins.state)
    known = memory.get(seen.name)
    if known is None or known[0] != key or known[1] != folder_states(tree, known[1].keys()):
        decider = Decider(seen, tree)
        if decider.settled and origins.is_current(seen):
            placed = decider.place([])
        else:
            placed = decider.place(origins.of(seen), origins.is_cut(seen))
        known = memory[seen.name] = (key, folder_states(tree, _folders(seen, placed)), placed)
    return known[2]


def _folders(seen: Seen, placed: dict[Sighting, Placement]) -> set[Path]:
    """Where else an answer may come from: what is not surely in its own file may be in others."""
    outside = {p.path.parent for p in placed.values() if p.path is not None and p.path != seen.path}
    unsure = any(p.confidence not in (EXACT, MOVED) for p in placed.values())
    return outside | {path.parent for path in [seen.path or next(iter(seen.wanted), None)] if unsure and path}


def _telling_samples(profile: Profile) -> dict[Stack, Sample]:
    """Of the samples with one stack, that which tells what the goroutine is blocked on."""
    found: dict[Stack, Sample] = {}
    for sample in profile.samples:
        known = found.get(sample.stack)
        if known is None or (kind_of(known) == "other" and kind_of(sample) != "other"):
            found[sample.stack] = sample
    return found


def _hints(profile: Profile) -> list[str]:
    pairs = {pair for sample in profile.samples for pair in sample.labels}
    told = {value for key, value in pairs if key.lower() in _HINTS and _COMMIT.match(value)}
    return sorted(told.union(profile.revisions))


def _nowhere(sample: Sample, kind: str) -> Placement:
    frame = next((f for f in sample.stack if not parks(f)), sample.stack[0])
    anchor = Anchor(frame.file, frame.function, f"@{frame.line}")
    return Placement(NONE, kind, None, anchor, reason="no frame of this stack is in the workspace")
