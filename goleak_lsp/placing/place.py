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
from goleak_lsp.profile.model import Frame, Profile, Sample, Stack

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
    return {stack: survey.placement(stack, decided) for stack in survey.samples}


class _Survey:
    """What one profile saw of the user's files, stack by stack and file by file."""

    def __init__(self, profile: Profile, tree: SourceTree) -> None:
        self.samples = _telling_samples(profile)
        self.files: dict[str, Seen] = {}
        self.map = FileMap(profile, tree)
        self._calls: dict[tuple[Frame, Frame], Sighting] = {}
        self.steps: dict[Stack, list[tuple[int, str, Sighting]]] = {s: self._steps(x) for s, x in self.samples.items()}
        self.hints = _hints(profile)
        for sample in profile.samples:
            frame = sample.created_by
            if frame is not None and (seen := self._seen(frame)):
                seen.sightings.add(origin(frame))

    def _steps(self, sample: Sample) -> list[tuple[int, str, Sighting]]:
        """The frames of a stack that are, or were, in the user's files, innermost first."""
        found = []
        for index, frame in enumerate(sample.stack):
            if seen := self._seen(frame):
                found.append((index, frame.file, self._sighting(seen, sample, index)))
        return found

    def _sighting(self, seen: Seen, sample: Sample, index: int) -> Sighting:
        """What a frame says; a call says the same in every stack that has it."""
        callee = sample.stack[index - 1] if index else None
        if callee is None or parks(callee):
            what = sighting(sample, index)
            seen.sightings.add(what)
            return what
        key = (sample.stack[index], callee)
        if key not in self._calls:
            self._calls[key] = sighting(sample, index)
            seen.sightings.add(self._calls[key])
        return self._calls[key]

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

    def placement(self, stack: Stack, decided: dict[str, dict[Sighting, Placement]]) -> Placement:
        """The placement by the innermost frame of the user's that has a file."""
        sample = self.samples[stack]
        kind = kind_of(sample)
        last: Placement | None = None
        for index, name, what in self.steps[stack]:
            found = decided[name][what]
            if what.kind == "call":
                found = found._replace(kind=kind)
            found = found._replace(frame=index) if found.path or self.files[name].path else found
            if found.path is not None or self.files[name].path is not None:
                return found
            last = last or found
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
        placed = decider.place([] if decider.settled and origins.is_current(seen) else origins.of(seen))
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
