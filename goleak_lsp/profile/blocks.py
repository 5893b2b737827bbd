"""One goroutine of a dump: the text below its number becomes a sample."""

from __future__ import annotations

import re

from goleak_lsp.profile.model import Frame, Sample
from goleak_lsp.profile.names import text_form

HEADER = re.compile(
    # Up to 1.26 labels stand within the brackets, from 1.27 on behind them; quoted ones hold anything.
    rb"(?:gp=0x[0-9a-f]+ m=(?:\d+|nil)(?: mp=0x[0-9a-f]+)? )?"
    rb"\[([^\[\]{}\n]*)(?: labels:\{(.*)\})?\](?: \{(.*)\})?:?$"
)
_PLACE = re.compile(rb"\t(.+):(\d{1,9})(?: \+0x[0-9a-f]+)?(?: fp=\S+ sp=\S+(?: pc=\S+)?)?$")
_MINUTES = re.compile(r"(\d{1,9}) minutes$")
_LABEL = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^\s:,{}"]+)): ?(?:"((?:[^"\\]|\\.)*)"|([^\s,{}"]*))')
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
# What the state says besides the wait reason; `(nil chan)` and `(no cases)` belong to the reason.
_REMARKS = (" (leaked)", " (scan)", " (durable)", " (synctest)")
_CREATED = b"created by "
# Up to 1.20 the frames beyond a hundred were left out, some hidden ones among the hundred, and the
# line that says so may be missing; dumps since 1.21 name the goroutine that created each.
_MOST_PRINTED = 94
_NO_STACK = b"\tgoroutine running on other thread; stack unavailable"


class BlockReader:
    """Reads blocks; equal frames of different blocks become one object."""

    def __init__(self) -> None:
        self._frames: dict[tuple[bytes, bytes], Frame | None] = {}
        self._equal: dict[Frame | None, Frame | None] = {}

    def read(self, lines: list[bytes]) -> Sample | None:
        """The sample, with a count of one, of ``lines``: the header without its number, then frames.

        None where the header or all of the stack cannot be read.
        """
        header = HEADER.match(lines[0])
        if not header:
            return None
        state, minutes, leaked = _state(header[1].decode("utf-8", "replace"))
        labels = parse_labels((header[2] or header[3] or b"").decode("utf-8", "replace"))
        stack, created, elided = self._stack(lines)
        if not stack and not created and _NO_STACK not in lines:
            return None
        return Sample(tuple(stack), 1, labels, state, minutes, created, leaked, cut=elided)

    def _stack(self, lines: list[bytes]) -> tuple[list[Frame], Frame | None, bool]:
        stack: list[Frame] = []
        name, elided = b"", False
        for line in lines[1:]:
            if line.startswith(b"\t"):
                frame = self._frame(name, line) if name else None
                if name.startswith(_CREATED):
                    # What follows are ancestors, or lines that only stand behind the dump.
                    return stack, frame, elided or (b" in goroutine " not in name and len(stack) > _MOST_PRINTED)
                if frame:
                    stack.append(frame)
                name = b""
            elif line.endswith((b")", b")\r")) or line.startswith(_CREATED):
                name = line
            elif line.startswith(b"...") and line.endswith(b"frames elided..."):
                elided = True
            elif line.startswith(b"[originating from "):
                break
        return stack, None, elided

    def _frame(self, name: bytes, place: bytes) -> Frame | None:
        # Arguments end the line; a receiver's parentheses come earlier.
        function = name if name.startswith(_CREATED) else name[: name.rfind(b"(")]
        key = (function, place)
        if key not in self._frames:
            frame = _frame(function, place)
            self._frames[key] = self._equal.setdefault(frame, frame)
        return self._frames[key]


def _frame(function: bytes, place: bytes) -> Frame | None:
    match = _PLACE.match(place)
    if not match:
        return None
    name = function.decode("utf-8", "replace")
    if function.startswith(_CREATED):
        name = name[len(_CREATED) :].split(" in goroutine ")[0]
    return Frame(text_form(name), match[1].decode("utf-8", "replace"), int(match[2]))


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
    if not text:
        return ()
    return tuple(sorted((_unquoted(m[1], m[2]), _unquoted(m[3], m[4])) for m in _LABEL.finditer(text)))


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
