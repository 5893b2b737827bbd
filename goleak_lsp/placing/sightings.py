"""What a profile saw of the source: one line of one function, and what must stand on it.

A profile is read twice. Each stack is placed; but first all stacks together tell which text
of a file they were taken from, because each of their frames says something of one line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.syntax import Function, GoFile, Operation
from goleak_lsp.profile.kinds import kind_of
from goleak_lsp.profile.model import Frame, Sample
from goleak_lsp.profile.names import is_runtime, split

OPERATION, CALL, GO, ANY = "operation", "call", "go", "any"

_ACCEPTS = {
    "chan-receive": {"chan-receive", "chan-range"},
    "nil-chan-receive": {"chan-receive", "chan-range"},
    "nil-chan-send": {"chan-send"},
    "rwmutex-lock": {"mutex-lock"},
    "waitgroup-wait": {"wait"},
    "cond-wait": {"wait"},
    "semacquire": {"mutex-lock", "rwmutex-rlock", "wait"},
    "other": {"chan-send", "chan-receive", "chan-range", "select", "select-empty"},
}
_DIRECT = {"chan-send", "chan-receive", "nil-chan-send", "nil-chan-receive", "select", "select-empty"}
_PARKS = ("runtime.", "internal/runtime/", "internal/sync.", "sync.", "time.Sleep")
_LITERAL = re.compile(r"^(?:func\d+|\d+|gowrap\d+|deferwrap\d+|init)$")
_RANGE_BODY = re.compile(r"-range\d+")


class Sighting(Frozen):
    """A frame as evidence.

    ``function`` is the name without its package, ``start_line`` 0 where the format has none.
    ``expects`` tells what stands on the line: a blocking operation of ``kind``, a call of
    ``callee`` (empty where the name called may be any), a ``go`` statement, or anything.
    """

    function: str
    line: int
    start_line: int
    expects: str
    kind: str
    callee: str = ""


def parks(frame: Frame) -> bool:
    """Whether the frame belongs to the act of blocking and not to a library that was called."""
    return frame.function.startswith(_PARKS)


def sighting(sample: Sample, index: int) -> Sighting:
    """What the frame at ``index`` of a stack says."""
    frame, kind = sample.stack[index], kind_of(sample)
    callee = next((f for f in reversed(sample.stack[:index]) if not is_runtime(f.function)), None)
    expects, name = ANY, ""
    if callee is not None and not is_runtime(sample.stack[index - 1].function):
        expects, name = CALL, base_name(callee.function)
    elif callee is None and (kind in _DIRECT or _hides_kind(sample, index, kind)):
        expects = OPERATION
    blocked_in = kind if all(map(parks, sample.stack[:index])) else "call"
    return Sighting(_plain(frame.function), frame.line, frame.start_line, expects, blocked_in, name)


def calling(frame: Frame, callee: Frame) -> Sighting:
    """What a frame says whose goroutine blocks further in: it called ``callee``, whatever stands around them."""
    expects, name = (ANY, "") if is_runtime(callee.function) else (CALL, base_name(callee.function))
    return Sighting(_plain(frame.function), frame.line, frame.start_line, expects, "call", name)


def _hides_kind(sample: Sample, index: int, kind: str) -> bool:
    """Whether the format leaves out the runtime's frames and the wait reason (``debug=1``)."""
    return kind == "other" and not sample.state and index == 0 and not sample.stack[0].start_line


def origin(frame: Frame) -> Sighting:
    """What ``created by`` says: a ``go`` statement on that line."""
    return Sighting(_plain(frame.function), frame.line, frame.start_line, GO, "")


def _plain(name: str) -> str:
    name = _RANGE_BODY.sub("", split(name)[1])
    return "init" + name[5:] if name.startswith("glob..") else name


def base_name(function: str) -> str:
    """The name by which source calls a function; empty for a literal, which any name may hold."""
    name = _RANGE_BODY.sub("", split(function)[1]).removesuffix("[...]").removesuffix("-fm")
    last = name.rsplit(".", 1)[-1].removeprefix("_Cfunc_")
    return "" if _LITERAL.match(last) else last.removesuffix("[...]")


def named(file: GoFile, name: str) -> list[Function]:
    """The functions that a frame of this name may mean.

    What was inlined bears its caller's name before its own, and its number is the caller's
    count: ``main.F.func3``, ``main.gowrap4.F.1``, or ``F.1`` alone. Then every literal in ``F`` may be meant.
    """
    exact = file.functions_named(name)
    parts = name.split(".")
    for at in range(len(parts) if not exact else 0):
        for end in range(len(parts), at, -1):
            declared = [f for f in file.functions_named(".".join(parts[at:end])) if f.outer is None]
            if declared and end == len(parts):
                return declared
            if declared:
                inside = declared[0]
                return [f for f in file.functions if inside.start < f.start < inside.end]
    return exact


def fitting(file: GoFile, function: Function, seen: Sighting, line: int) -> list[Operation]:
    """What stands on ``line`` in the function itself and fits the sighting, best first."""
    if seen.expects == OPERATION:
        return _accepted(file.operations_on_line(line), function, seen.kind)
    calls = [op for op in file.calls_on_line(line) if op.function == function.index and not op.deferred]
    if seen.expects == CALL:
        return _calls(file, function, seen, line, calls)
    if seen.expects == GO:
        return [op for op in file.go_statements if op.line == line and op.function == function.index]
    return calls[:1] or ([_statement(file, function, line)] if file.lines.text(line).strip() else [])


def _calls(file: GoFile, function: Function, seen: Sighting, line: int, calls: list[Operation]) -> list[Operation]:
    blocking = _accepted(file.operations_on_line(line), function, seen.kind) if seen.kind != "call" else []
    if blocking:
        return blocking
    by_name = [op for op in calls if called(op) == seen.callee]
    if by_name or (calls and not seen.callee):
        return by_name or calls[:1]
    if not seen.callee and any(op.kind == "chan-range" for op in file.operations_on_line(line)):
        # A loop over a function calls it, and is called back.
        return [_statement(file, function, line)]
    if file.returns_on(line, function) and _defers(file, function, seen.callee):
        return [_statement(file, function, line)]
    return []


def by_value(file: GoFile, function: Function, seen: Sighting) -> Operation | None:
    """A call on the sighting's line of a function value, which has a name of its own.

    Any call could be that, so it shows little: only where nothing in the function is called
    by the name that the profile has.
    """
    if seen.expects != CALL or seen.kind != "call":
        return None
    if any(called(op) == seen.callee for op in _all_calls(file, function)):
        return None
    calls = (op for op in file.calls_on_line(seen.line) if op.function == function.index and not op.deferred)
    return next(calls, None)


def _defers(file: GoFile, function: Function, callee: str) -> bool:
    """Whether the function defers such a call: what it blocks in is seen on the line of the return."""
    return re.search(rf"\bdefer\b[^\n]*\b{re.escape(callee)}", file.text_of(function)) is not None


def _accepted(operations: Iterable[Operation], function: Function, kind: str) -> list[Operation]:
    """Those of the function itself that a goroutine of this kind may wait in."""
    accepted = _ACCEPTS.get(kind, {kind})
    return [
        op for op in operations
        if op.function == function.index and op.kind in accepted and not op.in_select and not op.deferred
    ]  # fmt: skip


def alternatives(file: GoFile, function: Function, seen: Sighting) -> list[Operation]:
    """Everything in the function that the sighting could mean, wherever it stands."""
    if seen.expects == OPERATION:
        return _accepted(file.operations, function, seen.kind)
    if seen.expects == CALL:
        if seen.kind != "call" and (found := _accepted(file.operations, function, seen.kind)):
            return found
        calls = _all_calls(file, function)
        return [op for op in calls if called(op) == seen.callee] or calls
    return []


def _all_calls(file: GoFile, function: Function) -> list[Operation]:
    lines = range(function.line, function.end_line + 1)
    calls = (op for line in lines for op in file.calls_on_line(line))
    return [op for op in calls if op.function == function.index and not op.deferred]


def called(call: Operation) -> str:
    """The last name of what a call calls."""
    if call.kind != "call":
        return ""
    name = call.operand.rsplit(".", 1)[-1]
    return name.partition("[")[0].strip()


def _statement(file: GoFile, function: Function, line: int) -> Operation:
    """A line as a whole, for goroutines that run or do what no rule knows."""
    text = file.lines.text(line)
    start = file.lines.offset(line, len(text.encode()) - len(text.lstrip().encode()))
    return Operation("line", function.index, line, start, file.lines.offset(line, len(text.encode())))


def standing(file: GoFile, seen: Sighting) -> tuple[Function, Operation] | None:
    """The function and operation of a text that agree with a sighting in every way, on its line."""
    for function in _around(file, seen):
        found = fitting(file, function, seen, seen.line)
        if found:
            return function, found[0]
    return None


def standing_by_value(file: GoFile, seen: Sighting) -> tuple[Function, Operation] | None:
    """What may agree with a sighting, if a function value is called on its line."""
    calls = ((function, by_value(file, function, seen)) for function in _around(file, seen))
    return next(((function, call) for function, call in calls if call is not None), None)


def _around(file: GoFile, seen: Sighting) -> list[Function]:
    """The functions that hold the sighting's line and begin, and are called, as it says."""
    found = [f for f in named(file, seen.function) if f.line <= seen.line <= f.end_line]
    if seen.start_line:
        return [f for f in found if f.line == seen.start_line]
    return found


class Lines:
    """A text that is held against sightings without being parsed."""

    def __init__(self, data: bytes) -> None:
        self.rows = data.split(b"\n")
        self.heads = [at for at, row in enumerate(self.rows) if row.startswith(b"func")]

    def agrees(self, seen: Sighting) -> bool:
        """Whether the lines look as the sighting has them; what is parsed later may still differ."""
        if not 0 < seen.line <= len(self.rows) or not self._begins(seen):
            return False
        row = self.rows[seen.line - 1]
        if seen.expects == OPERATION:
            return any(mark in row for mark in _MARKS.get(seen.kind, _ANY_MARK))
        if seen.expects == CALL:
            # What was deferred is called where the function returns.
            return seen.callee.encode() in row or b"}" in row or b"return" in row
        return b"go" in row if seen.expects == GO else bool(row.strip())

    def _begins(self, seen: Sighting) -> bool:
        if seen.start_line and not (seen.start_line <= len(self.rows) and b"func" in self.rows[seen.start_line - 1]):
            return False
        name = seen.function.partition(".func")[0].removesuffix("[...]").rpartition(".")[2]
        if name.isdigit() or seen.function.startswith("init") or ".func" in seen.function:
            return True
        above = bisect_right(self.heads, seen.line - 1)
        if not above or (seen.start_line and self.heads[above - 1] != seen.start_line - 1):
            return False
        return name.encode() in self.rows[self.heads[above - 1]]


_ANY_MARK = (b"<-", b"range", b"select", b":=", b"=")
_MARKS = {
    "chan-send": (b"<-",),
    "nil-chan-send": (b"<-",),
    "select": (b"select",),
    "select-empty": (b"select",),
}
