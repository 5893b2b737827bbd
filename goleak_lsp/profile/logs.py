"""Goroutines inside other things: log lines with prefixes, JSON logs, ``go test`` output, reports.

Lines are sorted by what stands before a dump's lines, so that the dumps of several processes in
one log come apart; what is left of each is read like a plain dump or profile.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile import jsonlogs
from goleak_lsp.profile.model import Profile
from goleak_lsp.profile.prefixes import Prefixes
from goleak_lsp.profile.streams import MAX_HELD, MAX_RECENT, Stream, find_header
from goleak_lsp.text import printable

MAX_STREAMS = 200
"""Processes, or ways to write lines, that one log may mix."""
MAX_LINE = 16 << 20
_QUOTED = re.compile(
    rb"(?:goroutine(?:leak)? profile: total \d{1,19}"
    rb"|goroutine \d{1,19} (?:gp=\S{1,40} m=\S{1,20} (?:mp=\S{1,40} )?)?\[[^\[\]\n]{1,200}+\](?: \{[^\n]{0,500}?\})?:)"
    rb"(?:\\{1,4}r)?(\\{1,4})n"
)
_ESCAPES = re.compile(rb"\\([ntr\"'\\/])")
_STRING = re.compile(rb'(?:[^"\\]|\\.)*')
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b""}


def decode(pieces: Iterable[bytes], line: int = 1) -> tuple[tuple[Profile, ...], list[str]]:
    """The snapshots of all processes in the pieces of a text, and what could not be read of it.

    Each process's are in order of time. Raises ProfileError when there is none.
    """
    log, document = _Log(), _Document()
    for number, text in enumerate(_lines(map(document.keep, pieces)), line):
        log.line(number, text)
    if not any(stream.ids or stream.table or stream.dump.snapshots for stream in log.streams.values()):
        for record in document.records():
            log.record(line, record)
    return log.result()


class _Document:
    """Keeps a text that may be one JSON document, such as a query's answer, of many lines."""

    def __init__(self) -> None:
        self.pieces: list[bytes] | None = None
        self.size = 0

    def keep(self, piece: bytes) -> bytes:
        if self.pieces is None:
            self.pieces = [] if piece.lstrip()[:1] in (b"{", b"[") else None
            self.size = 0 if self.pieces is not None else MAX_HELD + 1
        self.size += len(piece)
        if self.size <= MAX_HELD:
            self.pieces.append(piece)
        return piece

    def records(self) -> Iterator[jsonlogs.Record]:
        if self.pieces and self.size <= MAX_HELD:
            yield from jsonlogs.document(b"".join(self.pieces))


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        # A line without an end, as JSON may be, is joined only once it ends.
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
        if len(rest) > MAX_LINE:
            raise ProfileError(f"has a line of more than {MAX_LINE >> 20} MiB")
    if rest:
        yield rest


class _Log:
    """Sorts lines into streams."""

    def __init__(self) -> None:
        self.streams: dict[str, Stream] = {}
        self.prefixes = Prefixes()
        self.parts: dict[str, list[bytes]] = {}
        self.recent: deque[tuple[int, bytes]] = deque(maxlen=MAX_RECENT)
        self.alone: str | None = None
        self.left_out = 0

    def line(self, number: int, text: bytes) -> None:
        text = text.rstrip(b"\r")
        inner = list(jsonlogs.records(text))
        for record in inner:
            self.record(number, record)
        if inner:
            return
        known = len(self.prefixes)
        payload = self.prefixes.split(text, find_header)
        if len(self.prefixes) > known:
            self.again(payload.key)
        elif not payload.key:
            self.recent.append((number, text))
        self.payload(number, payload.key, payload.text, payload.time, payload.partial)

    def again(self, key: str) -> None:
        """Newest first, lines of a dump came before the header by which their prefix is known."""
        for number, text in self.recent:
            payload = self.prefixes.split(text, find_header)
            if payload.key == key:
                self.payload(number, key, payload.text, payload.time, payload.partial)
        self.recent.clear()

    def record(self, number: int, record: jsonlogs.Record) -> None:
        """A JSON record holds one line, some lines, or a part of one."""
        lines = record.text.split(b"\n")
        partial = record.partial and lines[-1] != b""
        if len(lines) > 1 and not lines[-1]:
            del lines[-1]
        for at, text in enumerate(lines):
            inner = self.prefixes.split(text, find_header)
            key = f"{record.key} {inner.key}".strip()
            self.payload(number, key, inner.text, record.time or inner.time, partial and at == len(lines) - 1)

    def payload(self, number: int, key: str, text: bytes, time: int | None, partial: bool = False) -> None:
        if partial:
            self.keep(key, text)
            return
        if key in self.parts:
            text = b"".join((*self.parts.pop(key), text))
        inner = list(jsonlogs.records(text))
        for record in inner:
            for one in record.text.split(b"\n"):
                self.plain(number, key or record.key, one, time or record.time)
        if not inner:
            quoted = _QUOTED.search(text)
            for one in _unescaped(text[quoted.start() :], len(quoted[1])) if quoted else (text,):
                self.plain(number, key, one, time)

    def keep(self, key: str, text: bytes) -> None:
        """Keeps a part of a line until the rest of it comes."""
        if len(self.parts) > MAX_STREAMS:
            return
        parts = self.parts.setdefault(key, [])
        if sum(map(len, parts)) < MAX_LINE:
            parts.append(text)

    def plain(self, number: int, key: str, text: bytes, time: int | None) -> None:
        if not key and self.alone is not None:
            # Only the first line of a dump has a prefix where it was written as one record.
            key = self.alone
        stream = self.streams.get(key)
        if stream is None:
            if len(self.streams) >= MAX_STREAMS:
                self.left_out += find_header(text, begin=True) is not None
                return
            stream = self.streams[key] = Stream()
        stream.line(number, text, time)
        if key != self.alone:
            self.alone = key if key and stream.headers_only else None

    def result(self) -> tuple[tuple[Profile, ...], list[str]]:
        found: list[tuple[str, tuple[Profile, ...], list[str]]] = []
        for key, stream in self.streams.items():
            profiles, problems = stream.result()
            if profiles or problems:
                found.append((key, profiles, problems))
        snapshots = [(key, p) for key, profiles, _ in found for p in profiles]
        if not snapshots:
            raise ProfileError("holds no goroutine that can be read")
        several = len({key for key, _ in snapshots}) > 1
        named = [_named(profile, key if several else "") for key, profile in snapshots]
        if all(p.taken_at for p in named):
            named.sort(key=lambda p: p.taken_at or 0)
        problems = [text for _, _, texts in found for text in texts]
        if self.left_out:
            problems.append(f"mixes more than {MAX_STREAMS} processes: {self.left_out:,} goroutines were left out")
        return tuple(named), problems


def _named(profile: Profile, key: str) -> Profile:
    name = printable(" ".join(key.split()), 100)
    return profile._replace(process=name)


def _unescaped(text: bytes, levels: int) -> list[bytes]:
    """The lines of a dump that was written as one quoted line, within another such line if ``levels`` is 2."""
    for _ in range(min(levels, 2)):
        end = _STRING.match(text)
        text = _ESCAPES.sub(lambda m: _LETTERS.get(m[1], m[1]), end[0] if end else text)
    return text.split(b"\n")
