"""Go source as a flat list of statements, alike however it is laid out.

A statement's text is its tokens without white space and comments; blocks are not part of
it, so that what stands in a block stays the same when the block is put into another.
"""

from __future__ import annotations

import re

from goleak_lsp.frozen import Frozen

_TOKEN = re.compile(
    rb"""(?P<skip>//[^\n]*|/\*.*?(?:\*/|\Z)|[ \t\r]+)|(?P<line>\n)
    |(?P<word>[A-Za-z_\x80-\xff][\w\x80-\xff]*|\d[\w.]*)
    |(?P<text>`[^`]*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |<-|\+\+|--|:=|\.\.\.|\{[ \t\r\n]*\}|.""",
    re.DOTALL | re.VERBOSE,
)
_KEEP_APART = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")
_ENDS = (b")", b"]", b"}", b"++", b"--")


class Statement(Frozen):
    """A simple statement, or the head of one with a block; ``depth`` counts blocks around it."""

    text: str
    start: int
    end: int
    depth: int


def statements(data: bytes, start: int, end: int) -> list[Statement]:
    """The statements between two offsets, in order. Never fails: broken source gives odd ones."""
    found = _Cutter(data, start, end).cut()
    return [_with_cases(found, at) if s.text == "select" else s for at, s in enumerate(found)]


def words(text: str) -> list[str]:
    """The identifiers in a statement's text, and its keywords."""
    return re.findall(r"[^\W\d]\w*", re.sub(r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`", "", text))


class _Cutter:
    def __init__(self, data: bytes, start: int, end: int) -> None:
        self.data, self.start, self.end = data, start, end
        self.tokens: list[bytes] = []
        self.first = self.last = start
        self.depth = self.parens = 0
        self.found: list[Statement] = []

    def cut(self) -> list[Statement]:
        for match in _TOKEN.finditer(self.data, self.start, self.end):
            token, kind = match[0], match.lastgroup
            if kind == "skip":
                # A comment over several lines ends a statement as a line break does.
                if b"\n" in token:
                    self._line()
            elif kind == "line":
                self._line()
            elif token in (b"{", b"}"):
                self._flush()
                self.depth = max(0, self.depth + (1 if token == b"{" else -1))
            elif token == b";" and not self.parens:
                self._flush()
            else:
                self._add(token, kind, match.start(), match.end())
        self._flush()
        return self.found

    def _line(self) -> None:
        if self.tokens and (self._last_is_word or self.tokens[-1] in _ENDS or self.tokens[-1][:1] == b"{"):
            self._flush()

    def _add(self, token: bytes, kind: str | None, start: int, end: int) -> None:
        if not self.tokens:
            self.first = start
        if token in (b")", b"]") and self.tokens and self.tokens[-1] == b",":
            self.tokens.pop()
        self.parens = max(0, self.parens + (token in (b"(", b"[")) - (token in (b")", b"]")))
        self.tokens.append(token if kind != "text" else token.replace(b"\n", b"\\n"))
        self._last_is_word, self.last = kind in ("word", "text"), end
        if token == b":" and not self.parens and self.tokens[0] in (b"case", b"default"):
            self._flush()

    def _flush(self) -> None:
        tokens, self.tokens, self.parens = self.tokens, [], 0
        if tokens and any(t[0] in _KEEP_APART or t[0] >= 0x80 for t in tokens):
            self.found.append(Statement(_joined(tokens), self.first, self.last, self.depth))


def _joined(tokens: list[bytes]) -> str:
    """Tokens with spaces only where two words would become one."""
    out, last = [], 0
    for token in tokens:
        if last in _KEEP_APART and token[0] in _KEEP_APART:
            out.append(b" ")
        out.append(b"{}" if token[:1] == b"{" else token)
        last = token[-1]
    return b"".join(out).decode("utf-8", "replace")


def _with_cases(found: list[Statement], at: int) -> Statement:
    """A select told apart from others by what its cases do."""
    select, cases = found[at], []
    for other in found[at + 1 :]:
        if other.depth <= select.depth:
            break
        if other.depth == select.depth + 1 and other.text.startswith(("case ", "case<", "default")):
            cases.append(other.text)
    return Statement("select{" + "".join(cases) + "}", select.start, select.end, select.depth)
