"""One goroutine of a dump: the text below its number becomes a sample."""

from __future__ import annotations

import re

from goleak_lsp.profile.model import Frame, Sample
from goleak_lsp.profile.names import text_form

_STATE = re.compile(rb"(?:gp=0x[0-9a-f]+ m=(?:\d+|nil)(?: mp=0x[0-9a-f]+)? )?\[([^\[\]{}\n]*)")
_PLACE = re.compile(rb"\t(.+):(\d{1,9})(?: \+0x[0-9a-f]+)?(?: fp=\S+ sp=\S+(?: pc=\S+)?)?$")
_MINUTES = re.compile(r"(\d{1,9}) minutes$")
_LABEL = re.compile(r'(?:, ?)?(?:"((?:[^"\\]|\\.)*)"|([^\s:,{}"]+)): ?(?:"((?:[^"\\]|\\.)*)"|([^\s,{}"]*))')
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
# What the state says besides the wait reason; `(nil chan)` and `(no cases)` belong to the reason.
_REMARKS = (" (leaked)", " (scan)", " (durable)", " (synctest)")
_CREATED = b"created by "
# Up to 1.20 the frames beyond a hundred were left out, some hidden ones among the hundred, and the
# line that says so may be missing; dumps since 1.21 name the goroutine that created each.
_MOST_PRINTED = 94
# Crashes print the frame that every goroutine starts from; no profile has it.
_ROOT = "runtime.goexit"
_MAX_LINES = 50_000
_NO_STACK = b"\tgoroutine running on other thread; stack unavailable"


class Functions(dict):
    """What is the same in a line with a function for every goroutine there: all but its arguments."""

    def __init__(self) -> None:
        self.created: set[bytes] = set()

    def __missing__(self, line: bytes) -> bytes:
        if len(self) >= _MAX_LINES:
            # Arguments that never come again are not worth their memory.
            self.clear()
        if line.startswith(_CREATED):
            fixed = line.split(b" in goroutine ")[0]
            self.created.add(fixed)
        else:
            # Arguments end the line; a receiver's parentheses come earlier.
            fixed = line[: line.rfind(b"(") + 1] if line.endswith(b")") else line
        self[line] = fixed
        return fixed


class _Frames(dict):
    """Frames by the fixed part of their function's line and the line of their place; None if it is none."""

    def __missing__(self, key: tuple[bytes, bytes]) -> Frame | None:
        frame = self[key] = _frame(*key)
        return frame


class _Headers(dict):
    """State, minutes, proof and labels by the header; None where it cannot be read."""

    def __missing__(self, line: bytes) -> tuple | None:
        if len(self) >= _MAX_LINES:
            self.clear()
        known = self[line] = _header(line)
        return known


class BlockReader:
    """Reads blocks; what is known of a line serves all blocks that have it."""

    def __init__(self) -> None:
        self.functions = Functions()
        self._frames = _Frames()
        self._headers = _Headers()

    def read(self, lines: list[bytes], names: list[bytes]) -> Sample | None:
        """The sample, with a count of one, of ``lines``: the header without its number, then frames.

        ``names`` are the fixed parts of every second line, where functions mostly stand. None
        where the header or all of the stack cannot be read.
        """
        known = self._headers[lines[0]]
        if not known:
            return None
        state, minutes, leaked, labels = known
        stack, created, elided = self._plain(lines, names) or self._other(lines)
        if not stack and not created and _NO_STACK not in lines:
            return None
        return Sample(tuple(stack), 1, labels, state, minutes, created, leaked, cut=elided)

    def _plain(self, lines: list[bytes], names: list[bytes]) -> tuple[list[Frame], Frame | None, bool] | None:
        """The frames of a block in which functions and places alternate; None if it is not one."""
        stack = list(map(self._frames.__getitem__, zip(names, lines[2::2], strict=False)))
        if not stack or len(lines) % 2 == 0 or None in stack or not self.functions.created.isdisjoint(names[:-1]):
            return None
        created = stack.pop() if names[-1].startswith(_CREATED) else None
        if stack and stack[-1].function == _ROOT:
            stack.pop()
        return stack, created, _is_cut(created, lines[-2], stack)

    def _other(self, lines: list[bytes]) -> tuple[list[Frame], Frame | None, bool]:
        """The frames of a block that has other lines too."""
        stack: list[Frame] = []
        name, elided = b"", False
        for line in lines[1:]:
            if line.startswith(b"\t"):
                frame = self._frames[self.functions[name], line] if name else None
                if name.startswith(_CREATED):
                    # What follows are ancestors, or lines that only stand behind the dump.
                    return stack, frame, elided or _is_cut(frame, name, stack)
                if frame and frame.function != _ROOT:
                    stack.append(frame)
                name = b""
            elif line.endswith(b")") or line.startswith(_CREATED):
                name = line
            elif line.startswith(b"...") and line.endswith(b"frames elided..."):
                elided = True
            elif line.startswith(b"[originating from "):
                break
        return stack, None, elided


def _is_cut(created: Frame | None, line: bytes, stack: list[Frame]) -> bool:
    return created is not None and b" in goroutine " not in line and len(stack) > _MOST_PRINTED


def _frame(function: bytes, place: bytes) -> Frame | None:
    match = _PLACE.match(place)
    created = function.startswith(_CREATED)
    if not match or not (created or function.endswith(b"(")):
        return None
    name = (function[len(_CREATED) :] if created else function[:-1]).decode("utf-8", "replace")
    return Frame(text_form(name), match[1].decode("utf-8", "replace"), int(match[2])) if name else None


def _header(line: bytes) -> tuple | None:
    match = _STATE.match(line)
    if not match:
        return None
    state, rest, labels = match[1], line[match.end() :].removesuffix(b":"), b""
    # Up to 1.26 labels stand within the brackets, from 1.27 on behind them; quoted ones hold anything.
    if state.endswith(b" labels:") and rest.startswith(b"{") and rest.endswith(b"}]"):
        state, labels = state.removesuffix(b" labels:"), rest[1:-2]
    elif rest.startswith(b"] {") and rest.endswith(b"}"):
        labels = rest[3:-1]
    elif rest != b"]":
        return None
    return *_state(state.decode("utf-8", "replace")), parse_labels(labels.decode("utf-8", "replace"))


def _state(text: str) -> tuple[str, int | None, bool]:
    state, *rest = text.split(", ")
    minutes = next((int(m[1]) for part in rest if (m := _MINUTES.match(part))), None)
    leaked = " (leaked)" in state
    for remark in _REMARKS:
        state = state.replace(remark, "")
    return state, minutes, leaked


def parse_labels(text: str) -> tuple[tuple[str, str], ...]:
    """The sorted pairs in ``k: v, "k2": "v2"``, as dumps and ``debug=1`` print labels.

    >>> parse_labels('tenant: "a \\\\"b\\\\"", path: /x')
    (('path', '/x'), ('tenant', 'a "b"'))
    """
    pairs, at = [], 0
    # One after another: a search would begin anew at every quote of a text that does not end.
    while match := _LABEL.match(text, at):
        pairs.append((_unquoted(match[1], match[2]), _unquoted(match[3], match[4])))
        at = match.end()
    return tuple(sorted(pairs))


def _unquoted(quoted: str | None, plain: str | None) -> str:
    if quoted is None:
        return plain or ""
    return _ESCAPE.sub(_unescaped, quoted) if "\\" in quoted else quoted


def _unescaped(match: re.Match) -> str:
    code = match[1] or match[2] or match[3]
    if not code:
        return _CONTROLS.get(match[4], match[4])
    number = int(code, 16)
    # Halves of surrogate pairs are no text, and could not be written out again.
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
