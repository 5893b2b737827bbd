"""Goroutines inside other things: log lines with prefixes, JSON logs, ``go test`` output, reports.

Lines are sorted by what stands before a dump's lines, so that the dumps of several processes in
one log come apart; what is left of each is read like a plain dump or profile.
"""

from __future__ import annotations

import re
from array import array
from collections import deque
from collections.abc import Iterable, Iterator

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile import jsonlogs
from goleak_lsp.profile.dump import Dump
from goleak_lsp.profile.model import Profile
from goleak_lsp.profile.prefixes import Prefixes
from goleak_lsp.profile.records import Records
from goleak_lsp.text import printable

MAX_STREAMS = 200
"""Processes, or ways to write lines, that one log may mix."""
MAX_HELD = 64 << 20
"""Bytes of lines that come newest first, and wait for the beginning of their dump."""
MAX_LINE = 16 << 20
MAX_RECENT = 400
_FLUSH = 4096
_HEADER = re.compile(
    rb"(?P<text>goroutine (?P<id>\d{1,19}) (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[[^\[\]\n]{1,200}.{0,20000}:)[ \t]*$"
    rb"|[\[ ]?Goroutine (?P<left>\d{1,19}) in state (?P<state>[^\[\]\n]{1,200}?), with .{1,1000} on top of the stack:$"
    rb"|(?P<profile>(?:goroutine|goroutineleak) profile: total \d+)[ \t]*$"
)
_QUOTED = re.compile(
    rb"(?:goroutine(?:leak)? profile: total \d+"
    rb"|goroutine \d{1,19} [^\n\"]{0,300}?\[[^\[\]\n]{1,200}\][^\n]{0,2000}?:)(?:\\+r)?(\\+)n"
)
_ESCAPES = re.compile(rb"\\([ntr\"'\\/])")
_STRING = re.compile(rb'(?:[^"\\]|\\.)*')
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b""}
# The lines that a dump is made of; all others may stand between them.
_LINE = re.compile(
    rb"[ \t]*(?:created by |\.\.\.|\[originating from |goroutine running on other|#\t0x|# labels: |\d+ @)"
    rb"|[^ \t].*\)$|[ \t]+\S.*:\d+(?: \+0x[0-9a-f]+)?(?: fp=.*)?$|\S+\.(?:go|s|c):\d+(?: \+0x[0-9a-f]+)?(?: fp=.*)?$"
)
_PLACE = re.compile(rb"[ \t]*(\S.*:\d+(?: \+0x[0-9a-f]+)?(?: fp=.*)?)$")
_TAB = b"#011"
# With GOTRACEBACK=crash the threads print what they run once more, behind such lines.
_RELAY = b"-----"


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
        self.streams: dict[str, _Stream] = {}
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
        payload = self.prefixes.split(text, _HEADER)
        if len(self.prefixes) > known:
            self.again(payload.key)
        elif not payload.key:
            self.recent.append((number, text))
        self.payload(number, payload.key, payload.text, payload.time, payload.partial)

    def again(self, key: str) -> None:
        """Newest first, lines of a dump came before the header by which their prefix is known."""
        for number, text in self.recent:
            payload = self.prefixes.split(text, _HEADER)
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
            inner = self.prefixes.split(text, _HEADER)
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
                self.left_out += bool(_HEADER.match(text))
                return
            stream = self.streams[key] = _Stream()
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
    return Profile(profile.kind, profile.samples, profile.total, profile.taken_at, name)


def _unescaped(text: bytes, levels: int) -> list[bytes]:
    """The lines of a dump that was written as one quoted line, within another such line if ``levels`` is 2."""
    for _ in range(min(levels, 2)):
        end = _STRING.match(text)
        text = _ESCAPES.sub(lambda m: _LETTERS.get(m[1], m[1]), end[0] if end else text)
    return text.split(b"\n")


class _Stream:
    """The lines of one process, in whichever order they come."""

    def __init__(self) -> None:
        self.dump = Dump(self.where)
        self.table: Records | None = None
        self.numbers = array("Q")
        self.held: list[bytes] = []
        self.size = 0
        self.inside = False
        self.relayed = False
        self.ids: set[bytes] = set()
        self.time: int | None = None
        self.upwards: bool | None = None
        self.headers_only = False
        self.before: list[tuple[int, bytes]] = []

    def where(self, line: int) -> int:
        """The line of the file for a line of what was handed on."""
        return self.numbers[min(line, len(self.numbers)) - 1] if self.numbers else 1

    def line(self, number: int, text: bytes, time: int | None) -> None:
        if _TAB in text:
            text = text.replace(_TAB, b"\t")
        header = _HEADER.match(text)
        if header and header["profile"]:
            self.table = self.table or Records(self.where)
        self.headers_only = header is not None and not self.dump.snapshots and len(self.held) == 0
        if header and not header["profile"]:
            self.header(number, header, time)
        elif not self.inside:
            self.early(number, text)
        elif self.table or _LINE.match(text):
            self.put(number, text)
        elif text == _RELAY:
            self.relayed = True
            self.put(number, b"")
            self.put(number, text)
            self.put(number, b"")

    def early(self, number: int, text: bytes) -> None:
        """Keeps what stands before the first header: newest first, it belongs to the dump."""
        if self.table:
            self.put(number, text)
        elif _LINE.match(text):
            self.before.append((number, text))
            del self.before[:-MAX_RECENT]

    def header(self, number: int, header: re.Match, time: int | None) -> None:
        name = header["id"] or header["left"]
        text = header["text"] or b"goroutine %s [%s]:" % (name, header["state"])
        if self.upwards is None:
            # Newest first, a header comes after the function that its goroutine is in.
            last = [_PLACE.match(line) is not None for _, line in self.before[-2:]]
            self.upwards = last == [True, False]
            for at, line in self.before if self.upwards else ():
                self.put(at, line)
        self.before, self.inside = [], True
        if header["id"] and self.held and self.held[-1].startswith(b"goroutine %s " % name):
            # Older releases of goleak print Go's own header below theirs.
            self.held.pop()
            self.numbers.pop()
        elif name in self.ids and name != b"0" and not self.relayed:
            self.end()
        self.time = time if self.time is None else self.time
        self.ids.add(name)
        self.put(number, text)

    def put(self, number: int, text: bytes) -> None:
        if self.size > MAX_HELD:
            return
        place = None if self.table or text.startswith(b"goroutine ") else _PLACE.match(text)
        self.numbers.append(number)
        self.held.append(b"\t" + place[1] if place else text.lstrip(b" ") if not self.table else text)
        self.size += len(text) + 80
        if not self.upwards and len(self.held) > _FLUSH:
            self.flush()

    def flush(self) -> None:
        # The last line stays, since it may be a header that is followed by another one.
        lines = [*self.held[:-1], b""]
        self.held, self.size = self.held[-1:], 0
        (self.table or self.dump).feed(b"\n".join(lines))

    def end(self) -> None:
        """Hands on what is there as a dump of its own."""
        if self.upwards:
            self.held.reverse()
            self.numbers = array("Q", reversed(self.numbers))
        if self.held:
            self.held.append(b"")
            self.dump.feed(b"\n".join(self.held))
        self.dump.finish(self.time)
        self.held, self.size, self.ids, self.time = [], 0, set(), None

    def result(self) -> tuple[tuple[Profile, ...], list[str]]:
        if self.table:
            self.table.feed(b"\n".join((*self.held, b"")))
            self.table.finish()
            return tuple(self.table.snapshots), self.table.unread.problems(0)
        self.end()
        read = self.dump.snapshots[::-1] if self.upwards else self.dump.snapshots
        return tuple(read), self.dump.unread.problems(sum(p.total for p in read))
