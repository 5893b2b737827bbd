"""Places the stacks of a profile on today's source.

Two stages: a stack becomes an anchor in the content (file, function, operation), which ids
and baselines key on; a line number is only where that anchor stands at the moment.

The rules are sure or say so. ``exact``: the operation stands on the profile's line, in a
function that begins where the profile says. ``moved``: the function of that name has such
an operation at the same offset from its start. ``function``: the function is there and the
operation cannot be told. ``none``: no file, or no such function.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from goleak_lsp.golang.syntax import Function, GoFile, Operation
from goleak_lsp.placing.files import FileMap, SourceTree
from goleak_lsp.profile.kinds import kind_of
from goleak_lsp.profile.model import Frame, Profile, Sample, Stack
from goleak_lsp.profile.names import split, text_form

EXACT, MOVED, FUNCTION, NONE = "exact", "moved", "function", "none"

_ACCEPTS = {
    "chan-receive": {"chan-receive", "chan-range"},
    "nil-chan-receive": {"chan-receive", "chan-range"},
    "nil-chan-send": {"chan-send"},
    "rwmutex-lock": {"mutex-lock"},
    "waitgroup-wait": {"wait"},
    "cond-wait": {"wait"},
    "semacquire": {"mutex-lock", "rwmutex-rlock", "wait"},
}


@dataclass(frozen=True, slots=True)
class Anchor:
    """What does not change when lines move: the file (relative to the root), the function's
    name without its package, and the operation's text with its ordinal among equals."""

    file: str
    function: str
    operation: str

    @property
    def id(self) -> str:
        """A short name for it, stable over runs, formats and counts."""
        return _digest("\0".join((self.file, self.function, self.operation)))


@lru_cache(maxsize=1 << 16)
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one stack stands today. ``frame`` indexes the stack's frame that is the user's.

    ``line`` is 0 and ``path`` None for ``none``; ``span`` is the operation's or the
    ``func`` line's bytes; ``reason`` says in a few words why the place is not sure.
    """

    confidence: str
    kind: str
    frame: int | None
    anchor: Anchor
    path: Path | None = None
    line: int = 0
    span: tuple[int, int] = (0, 0)
    candidates: tuple[int, ...] = ()
    reason: str = ""
    operation: Operation | None = None


def place(profile: Profile, tree: SourceTree) -> dict[Stack, Placement]:
    """The placement of every distinct stack of ``profile``; never raises for what it holds."""
    files = FileMap(profile, tree)
    placed: dict[Stack, Placement] = {}
    memo: dict[tuple[Frame, str, bool], Placement] = {}
    for sample in profile.samples:
        if sample.stack not in placed:
            placed[sample.stack] = _place(sample, files, tree, memo)
    return placed


def _place(sample: Sample, files: FileMap, tree: SourceTree, memo: dict) -> Placement:
    kind = kind_of(sample)
    for index, frame in enumerate(sample.stack):
        path = files.local(frame)
        if path is None:
            continue
        direct = all(_parks(f) for f in sample.stack[:index])
        key = (frame, kind, direct)
        if key not in memo:
            memo[key] = _Placer(frame, kind, direct, path, tree).placement()
        found = memo[key]
        # The same user frame may stand at another depth of another stack.
        return found if found.frame == index else _with_frame(found, index)
    return _nowhere(sample, kind)


def _parks(frame: Frame) -> bool:
    """Whether the frame belongs to the act of blocking and not to a library that was called."""
    name = frame.function
    return name.startswith(("runtime.", "internal/runtime/", "internal/sync.", "sync.")) or name == "time.Sleep"


def _with_frame(p: Placement, index: int) -> Placement:
    return Placement(p.confidence, p.kind, index, p.anchor, p.path, p.line, p.span, p.candidates, p.reason, p.operation)


def _nowhere(sample: Sample, kind: str) -> Placement:
    frame = next((f for f in sample.stack if not _parks(f)), sample.stack[0])
    anchor = Anchor(frame.file, frame.function, f"{kind}:{frame.line}")
    return Placement(NONE, kind, None, anchor, reason="no frame of this stack is in the workspace")


class _Placer:
    """Places one frame of the user's in one file."""

    def __init__(self, frame: Frame, kind: str, direct: bool, path: Path, tree: SourceTree) -> None:
        self.frame, self.kind, self.direct, self.path, self.tree = frame, kind, direct, path, tree
        self.file = tree.read(path)
        self.name = split(frame.function)[1]

    def placement(self) -> Placement:
        if self.file is None:
            return self._none("the file cannot be read or is too large")
        if found := self._exact():
            return found
        moved = self._moved()
        if len(moved) == 1:
            function, operation = moved[0]
            return self._at(MOVED, function, operation)
        return self._in_function()

    def _exact(self) -> Placement | None:
        """The profile's own line, if a function that may be this one has the operation there."""
        for function in self.file.functions:
            if not function.line <= self.frame.line <= function.end_line:
                continue
            if self.frame.start_line:
                agrees = function.line == self.frame.start_line
            else:
                agrees = self._named(function)
            if agrees:
                for operation in self._operations(function, self.frame.line):
                    return self._at(EXACT, function, operation)
        return None

    def _moved(self) -> list[tuple[Function, Operation]]:
        """Functions of this name with such an operation at the same offset from their start."""
        if not self.frame.start_line:
            return []
        offset = self.frame.line - self.frame.start_line
        found = []
        for function in self.file.functions:
            if self._named(function):
                found += [(function, op) for op in self._operations(function, function.line + offset)]
        return found

    def _in_function(self) -> Placement:
        named = [f for f in self.file.functions if self._named(f)]
        if not named:
            return self._none(f"{self.path.name} has no function {self.name} any more")
        function = named[0]
        lines = {op.line for f in named for op in self._operations(f, None)}
        anchor = Anchor(self.tree.relative(self.path), text_form(function.name), self.kind)
        return Placement(
            FUNCTION, self.kind, None, anchor, self.path, function.line, (function.start, function.start + 4),
            tuple(sorted(lines)), "the code has changed since the profile was taken",
        )  # fmt: skip

    def _named(self, function: Function) -> bool:
        return function.name == self.name

    def _operations(self, function: Function, line: int | None) -> list[Operation]:
        """Operations of this kind in the function itself, on ``line`` or anywhere."""
        if not self.direct or self.kind in ("other", "io-wait", "syscall", "sleep", "coroutine"):
            found = self.file.calls_on_line(line) if line else []
            return [op for op in found if op.function == function.index][:1]
        accepted = _ACCEPTS.get(self.kind, {self.kind})
        mine = [op for op in self.file.operations if op.function == function.index and not op.in_select]
        return [op for op in mine if op.kind in accepted and (line is None or op.line == line)]

    def _at(self, confidence: str, function: Function, operation: Operation) -> Placement:
        kind = self.kind
        if operation.kind == "chan-range" and kind == "chan-receive":
            kind = "chan-range"
        anchor = Anchor(self.tree.relative(self.path), text_form(function.name), self._text(function, operation))
        return Placement(
            confidence, kind, None, anchor, self.path, operation.line, (operation.start, operation.end),
            operation=operation,
        )  # fmt: skip

    def _text(self, function: Function, operation: Operation) -> str:
        """The operation's own text without white space, and its number among equals."""
        text = _squeezed(self.file, operation)
        same = [
            op.start
            for op in self.file.operations
            if op.function == function.index and op.kind == operation.kind and _squeezed(self.file, op) == text
        ]
        number = same.index(operation.start) if operation.start in same else 0
        return f"{operation.kind}:{text}:{number}"

    def _none(self, reason: str) -> Placement:
        anchor = Anchor(self.tree.relative(self.path), text_form(self.name), self.kind)
        return Placement(NONE, self.kind, None, anchor, reason=reason)


def _squeezed(file: GoFile, operation: Operation) -> str:
    text = operation.operand or file.data[operation.start : operation.end].decode("utf-8", "replace")
    return "".join(text.split())[:200]
