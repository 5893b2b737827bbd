"""Where the goroutines of one snapshot stand in the source: every frame of theirs that is the user's.

Placing is concerned with one frame a stack. Who could wake a goroutine, and who holds a lock,
is told by the frames further out too. A frame that is not sure keeps its function or file and
has no offset, so that whoever reasons with it can be careful.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import TypeVar

from goleak_lsp.analysis.observation import Observation
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.declarations import Declarations, Routine
from goleak_lsp.golang.syntax import Function, GoFile, Operation
from goleak_lsp.placing.files import SourceTree, read_source
from goleak_lsp.placing.layout import FileMap
from goleak_lsp.placing.place import EXACT, MOVED, Placement
from goleak_lsp.profile.kinds import is_about_to_start, is_parked, takes_profile
from goleak_lsp.profile.model import Frame, Sample, Stack
from goleak_lsp.profile.names import split, text_form

T = TypeVar("T")

CUT_DEPTH = 100
"""Frames from which on a stack may have been cut: text keeps 50 at each end, protobuf 128."""
MAX_PACKAGE_FILES = 400
MAX_SPOTS = 300_000
"""Calls, each at its depth, that are looked up in the source for one snapshot."""
_MAX_TOLD = 200_000


class Packages:
    """The packages of a source tree, read when they are asked for, and what follows from the source alone.

    All of it holds for every snapshot until a file changes.
    """

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self._known: dict[tuple[Path, str], Declarations] = {}
        self.spots: dict[tuple[str, Stack, Operation | None], tuple[Spot, ...]] = {}
        """Where the frames of a process' stacks stand, for ``Stacks``."""
        self._facts: dict[tuple, object] = {}
        self._told: dict[tuple, tuple] = {}
        self._read: dict[str, GoFile | None] = {}

    def fact(self, function: Callable[..., T], *arguments) -> T:
        """What ``function`` makes of ``arguments``, hashable values of the source; asked only once."""
        key = (function, *arguments)
        if key not in self._facts:
            self._facts[key] = function(*arguments)
        return self._facts[key]

    def told(self, function: Callable[..., T], value: object) -> T:
        """What ``function`` makes of these packages and of ``value``, which is kept elsewhere: asked once an object.

        A snapshot of known stacks brings the same objects, which take long to hash.
        """
        key = (function, id(value))
        known = self._told.get(key)
        if known is None or known[0] is not value:
            if len(self._told) >= _MAX_TOLD:
                self._told.clear()
            known = self._told[key] = value, function(self, value)
        return known[1]

    def file(self, path: Path) -> GoFile | None:
        """The parsed file; None where it cannot be read."""
        # By its text: equal paths are many objects, which take long to compare.
        name = str(path)
        if name not in self._read:
            self._read[name] = self.tree.read(path)
        return self._read[name]

    def of(self, path: Path) -> Declarations:
        """The package that a file belongs to; the file alone where its folder cannot be read."""
        return self.fact(self._of, path)

    def _of(self, path: Path) -> Declarations:
        own = self.file(path)
        name = own.package if own else ""
        key = (path.parent, name)
        if key not in self._known:
            files = dict(self._files(path.parent, name))
            if own is not None:
                files[path] = own
            self._known[key] = Declarations(files)
        return self._known[key]

    def _files(self, folder: Path, name: str) -> Iterator[tuple[Path, GoFile]]:
        try:
            entries = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".go"))
        except OSError:
            return
        for entry in entries[:MAX_PACKAGE_FILES]:
            path = self.tree.contains(folder / entry)
            file = self.file(path) if path and not entry.endswith("_test.go") else None
            if file is not None and file.package == name:
                yield path, file

    def tests_mention(self, folder: Path, name: str) -> bool:
        """Whether a test file of a folder names a function, which other callers than the package's own may be."""
        return self.fact(_tests_mention, folder, name.encode())


def _tests_mention(folder: Path, name: bytes) -> bool:
    return any(name in (read_source(path) or name) for path in sorted(folder.glob("*_test.go"))[:MAX_PACKAGE_FILES])


class Spot(Frozen):
    """One of the user's frames: ``offset`` is the byte it stands at, None where that is not sure;
    ``routine`` None where the function is gone."""

    index: int
    path: Path
    routine: Routine | None
    offset: int | None


class Standing(Frozen):
    """The goroutines of one sample and where they stand, innermost frame first."""

    sample: Sample
    placement: Placement
    spots: tuple[Spot, ...]

    @property
    def may_be_cut(self) -> bool:
        """Whether frames of the stack may be missing."""
        return self.sample.cut or len(self.sample.stack) >= CUT_DEPTH


class Stacks:
    """All goroutines of one complete snapshot."""

    def __init__(self, observation: Observation, packages: Packages) -> None:
        self.observation, self.packages = observation, packages

    @cached_property
    def _known(self) -> _Spots:
        return _Spots(FileMap(self.observation.profile, self.packages.tree), self.packages)

    @cached_property
    def _samples(self) -> list[Sample]:
        return [sample for group in self.observation.groups.values() for sample in group.samples]

    @cached_property
    def standing(self) -> tuple[Standing, ...]:
        """Every sample, in no order."""
        return tuple(
            self._standing(sample, group.placement)
            for group in self.observation.groups.values()
            for sample in group.samples
        )

    def _standing(self, sample: Sample, placement: Placement) -> Standing:
        if len(self._known) > MAX_SPOTS:
            # More calls than a program has: these goroutines may be anywhere.
            return Standing(sample._replace(cut=True), placement, ())
        return Standing(sample, placement, self._spots(sample.stack, placement))

    @cached_property
    def has_states(self) -> bool:
        """Whether the format tells who is blocked and who was just woken."""
        return any(sample.state for sample in self._samples)

    @cached_property
    def runs_tests(self) -> bool:
        """Whether the process is one of ``go test``, which has the code of test files in it."""
        frames = set(chain.from_iterable(sample.stack for sample in self._samples))
        return any(frame.function.startswith("testing.") for frame in frames)

    @cached_property
    def unseen(self) -> int:
        """Goroutines whose stack is cut or not known at all, each of which may be anywhere; and those
        that have yet to enter the function that they were started for, which no stack shows then."""
        hidden = (s for s in self.standing if s.may_be_cut or (not s.spots and is_about_to_start(s.sample)))
        return sum(s.sample.count for s in hidden) + self.observation.unseen

    def is_blocked(self, sample: Sample) -> bool:
        """Whether nothing says otherwise: one that was just woken looks blocked in some formats."""
        if sample.state:
            return not sample.state.startswith(("runnable", "running"))
        if sample.hidden:
            return sample.hidden[0] == self._park_address
        return not sample.stack or not sample.stack[0].start_line or is_parked(sample)

    @cached_property
    def ready(self) -> int:
        """Goroutines that run or could, the one that took the snapshot left out, where the format has no states.

        Others that wait for a processor like these look as if they were blocked still.
        """
        if self.has_states:
            return 0
        return sum(s.count for s in self._samples if not (self.is_blocked(s) and is_parked(s)) and not takes_profile(s))

    @cached_property
    def _park_address(self) -> int:
        """Where the runtime parks a goroutine, whose frames have no names here: no other address is as common."""
        counts: Counter[int] = Counter()
        for sample in self._samples:
            if sample.hidden:
                counts[sample.hidden[0]] += sample.count
        return counts.most_common(1)[0][0]

    @cached_property
    def by_file(self) -> dict[Path, list[Standing]]:
        """The samples that have a frame in a file."""
        found: dict[Path, list[Standing]] = {}
        for standing in self.standing:
            for path in dict.fromkeys(spot.path for spot in standing.spots):
                found.setdefault(path, []).append(standing)
        return found

    @cached_property
    def by_routine(self) -> dict[tuple[Path, int], list[Standing]]:
        """The samples that have a frame in a function."""
        found: dict[tuple[Path, int], list[Standing]] = {}
        for standing in self.standing:
            for key in dict.fromkeys(spot.routine.key for spot in standing.spots if spot.routine):
                found.setdefault(key, []).append(standing)
        return found

    @cached_property
    def unsure_by_file(self) -> dict[Path, list[Standing]]:
        """The samples that have a frame in a file, one of whose functions is gone."""
        found: dict[Path, list[Standing]] = {}
        for path, standings in self.by_file.items():
            found[path] = [s for s in standings if any(spot.routine is None for spot in s.spots)]
        return found

    def _spots(self, stack: Stack, placement: Placement) -> tuple[Spot, ...]:
        operation = placement.operation if placement.confidence in (EXACT, MOVED) else None
        known, key = self.packages.spots, (self.observation.process, stack, operation)
        if key not in known:
            known[key] = self._of(stack, operation)
        return known[key]

    def _of(self, stack: Stack, operation: Operation | None) -> tuple[Spot, ...]:
        calls = zip(count(), stack, chain((None,), stack), strict=False)
        spots = tuple(filter(None, map(self._known.__getitem__, calls)))
        if not spots or operation is None:
            return spots
        innermost, *others = spots
        file = self.packages.file(innermost.path)
        routine = Routine(innermost.path, file, file.functions[operation.function])
        return Spot(innermost.index, innermost.path, routine, operation.start), *others


class _Spots(dict):
    """Spots by the frame's index, the frame, and what it called; None for what is not the user's.

    Fifty thousand stacks have few calls, each of which is looked up in the source once.
    """

    def __init__(self, files: FileMap, packages: Packages) -> None:
        self._files, self._packages = files, packages
        self._found: dict[tuple[Frame, Frame | None], tuple[Path, Routine | None, int | None] | None] = {}

    def __missing__(self, key: tuple[int, Frame, Frame | None]) -> Spot | None:
        index, *call = key
        if tuple(call) not in self._found:
            self._found[tuple(call)] = self._find(*call)
        found = self._found[tuple(call)]
        spot = self[key] = Spot(index, *found) if found else None
        return spot

    def _find(self, frame: Frame, callee: Frame | None) -> tuple[Path, Routine | None, int | None] | None:
        path = self._files.local(frame)
        if path is None:
            return None
        file = self._packages.file(path)
        function = function_of_frame(file, frame) if file else None
        if file is None or function is None:
            return path, None, None
        called = callee.function if callee else ""
        return path, Routine(path, file, function), _offset(file, function, frame, called)


def function_of_frame(file: GoFile, frame: Frame) -> Function | None:
    """The function of a frame: where the profile says that it begins, else by its name.

    A closure's name is a position among its siblings, so it holds only while its lines do.
    """
    for function in file.functions:
        if frame.start_line and function.line == frame.start_line and frame.line <= function.end_line:
            return function
    name = text_form(split(frame.function)[1])
    function = next((f for f in file.functions if f.name == name), None)
    if function is None or (function.line <= frame.line <= function.end_line and not frame.start_line):
        return function
    return function if function.outer is None else None


def _offset(file: GoFile, function: Function, frame: Frame, callee: str) -> int | None:
    """The byte at which a call of ``callee`` that stands on the frame's line begins, if there is one."""
    if frame.start_line and frame.start_line != function.line:
        return None
    calls = [c for c in file.calls_on_line(frame.line) if c.function == function.index]
    last = callee.rpartition(".")[2]
    named = [c for c in calls if c.operand.rpartition(".")[2] == last]
    return min((c.start for c in named or calls), default=None)
