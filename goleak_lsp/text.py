"""Source text as bytes: edits, and an index of lines that splits at ``\\n`` alone, as Go counts."""

from __future__ import annotations

from bisect import bisect_right

from goleak_lsp.frozen import Frozen


class Edit(Frozen):
    """Replace the bytes ``start`` to ``end`` by ``text``; offsets are in bytes of the old text."""

    start: int
    end: int
    text: str


class LineIndex:
    """Byte offsets of the lines of one text; lines count from 1, columns from 0, in bytes."""

    def __init__(self, data: bytes, starts: list[int] | None = None) -> None:
        self.data = data
        self.starts = starts or [0, *_line_starts(data, 0)]

    def edited(self, start: int, end: int, new: bytes) -> LineIndex:
        """The index of the text in which ``new`` stands for the bytes ``start`` to ``end``."""
        kept, gone = bisect_right(self.starts, start), bisect_right(self.starts, end)
        shift = len(new) - (end - start)
        starts = self.starts[:kept]
        starts += _line_starts(new, start)
        starts += [at + shift for at in self.starts[gone:]]
        return LineIndex(b"".join((self.data[:start], new, self.data[end:])), starts)

    def line_of(self, offset: int) -> int:
        """The line, from 1, that holds the byte at ``offset``."""
        return bisect_right(self.starts, offset)

    def offset(self, line: int, column: int = 0) -> int:
        """The offset of a line and byte column; beyond the text it is the text's end."""
        if line > len(self.starts):
            return len(self.data)
        return min(self.starts[max(line, 1) - 1] + column, len(self.data))

    def end(self, line: int) -> int:
        """The offset at which the text of an existing line ends, before its line break."""
        begin = self.starts[line - 1]
        after = self.starts[line] - 1 if line < len(self.starts) else len(self.data)
        return begin + len(self.data[begin:after].rstrip(b"\r"))

    def text(self, line: int) -> str:
        """The text of a line without its line break; empty for a line that does not exist."""
        if not 1 <= line <= len(self.starts):
            return ""
        end = self.starts[line] - 1 if line < len(self.starts) else len(self.data)
        return self.data[self.starts[line - 1] : end].decode("utf-8", "replace").rstrip("\r")


def _line_starts(data: bytes, begin: int) -> list[int]:
    """Where lines begin behind the line breaks of ``data``, which begins at ``begin``."""
    found = []
    at = data.find(b"\n")
    while at >= 0:
        found.append(begin + at + 1)
        at = data.find(b"\n", at + 1)
    return found


def apply_edits(data: bytes, edits: list[Edit]) -> bytes:
    """``data`` with all ``edits`` made at once; they must not overlap."""
    out, at = [], 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < at:
            raise ValueError(f"edits overlap at byte {edit.start}")
        out += (data[at : edit.start], edit.text.encode())
        at = edit.end
    return b"".join((*out, data[at:]))


def printable(text: str, limit: int = 1000) -> str:
    """``text`` on one line, free of control and bidirectional characters, at most ``limit`` long."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() and c not in _BIDI else _escaped(c) for c in text)
    elif not text.isascii():
        text = "".join(_escaped(c) if c in _BIDI else c for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _escaped(char: str) -> str:
    code = ord(char)
    return " " if char in "\n\r\t" else f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
