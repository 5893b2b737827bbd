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
from pathlib import Path
from typing import NamedTuple, TypeVar

from goleak_lsp.analysis.observation import Observation
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


class Spot(NamedTuple):
    """One of the user's frames: ``offset`` is the byte it stands at, None where that is not sure;
    ``routine`` None where the function is gone."""

    index: int
    path: Path
    routine: Routine | None
    offset: int | None


class Standing(NamedTuple):
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
        self._functions: dict[tuple[Path, Frame], Function | None] = {}

    @cached_property
    def _files(self) -> FileMap:
        return FileMap(self.observation.profile, self.packages.tree)

    @cached_property
    def standing(self) -> tuple[Standing, ...]:
        """Every sample, in no order."""
        return tuple(
            Standing(sample, group.placement, self._spots(sample.stack, group.placement))
            for group in self.observation.groups.values()
            for sample in group.samples
        )

    @cached_property
    def has_states(self) -> bool:
        """Whether the format tells who is blocked and who was just woken."""
        return any(s.sample.state for s in self.standing)

    @cached_property
    def runs_tests(self) -> bool:
        """Whether the process is one of ``go test``, which has the code of test files in it."""
        return any(f.function.startswith("testing.") for s in self.observation.profile.samples for f in s.stack)

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
        samples = (standing.sample for standing in self.standing)
        return sum(s.count for s in samples if not (self.is_blocked(s) and is_parked(s)) and not takes_profile(s))

    @cached_property
    def _park_address(self) -> int:
        """Where the runtime parks a goroutine, whose frames have no names here: no other address is as common."""
        counts: Counter[int] = Counter()
        for standing in self.standing:
            if standing.sample.hidden:
                counts[standing.sample.hidden[0]] += standing.sample.count
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
            known[key] = tuple(self._of(stack, operation))
        return known[key]

    def _of(self, stack: Stack, operation: Operation | None) -> Iterator[Spot]:
        innermost = True
        for index, frame in enumerate(stack):
            path = self._files.local(frame)
            if path is None:
                continue
            if innermost and operation is not None:
                file = self.packages.file(path)
                routine = Routine(path, file, file.functions[operation.function])
                yield Spot(index, path, routine, operation.start)
            else:
                yield self._spot(index, stack, path)
            innermost = False

    def _spot(self, index: int, stack: Stack, path: Path) -> Spot:
        file, frame = self.packages.file(path), stack[index]
        if (path, frame) not in self._functions:
            self._functions[path, frame] = function_of_frame(file, frame) if file else None
        function = self._functions[path, frame]
        if file is None or function is None:
            return Spot(index, path, None, None)
        callee = stack[index - 1].function if index else ""
        return Spot(index, path, Routine(path, file, function), _offset(file, function, frame, callee))


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
