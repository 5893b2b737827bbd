"""The lines of one process of a log, which become its dumps or its profile again."""

from __future__ import annotations

import re
from array import array

from goleak_lsp.profile.dump import Dump
from goleak_lsp.profile.model import Profile
from goleak_lsp.profile.records import Records

MAX_HELD = 64 << 20
"""Bytes of lines that come newest first, and wait for the beginning of their dump."""
MAX_RECENT = 400
_FLUSH = 4096
_HEADER = re.compile(
    rb"goroutine (?P<id>\d{1,19}) (?:gp=\S{1,40} m=\S{1,20} (?:mp=\S{1,40} )?)?\[[^\[\]\n]"
    rb"|[\[ ]?Goroutine (?P<left>\d{1,19}) in state (?P<state>[^\[\]\n]{1,200}?), with \S{1,500}+ on top of the stack:$"
    rb"|(?P<profile>(?:goroutine|goroutineleak) profile: total \d{1,19})$"
)
MAX_HEADER = 25_000
# The lines that a dump is made of; all others may stand between them.
_LINE = re.compile(
    rb"[ \t]*(?:created by |\.\.\.|\[originating from |goroutine running on other|#\t0x|# labels: |\d+ @)"
    rb"|[^ \t].*\)$|[ \t]+\S.*:\d+(?: \+0x[0-9a-f]+)?(?: fp=.*)?$|\S+\.(?:go|s|c):\d+(?: \+0x[0-9a-f]+)?(?: fp=.*)?$"
)
_PLACE = re.compile(rb"[ \t]*(\S.*:\d+(?: \+0x[0-9a-f]+)?(?: fp=.*)?)$")
_TAB = b"#011"
# With GOTRACEBACK=crash the threads print what they run once more, behind such lines.
_RELAY = b"-----"


def find_header(line: bytes, begin: bool = False) -> re.Match[bytes] | None:
    """The beginning of a goroutine or a profile in ``line``, or at its ``begin``; None without one."""
    if b"oroutine" not in line:
        return None
    line = line[:MAX_HEADER].rstrip(b" \t")
    match = (_HEADER.match if begin else _HEADER.search)(line)
    # Tested here, since a pattern would look for the end from every beginning in the line.
    return None if match and match["id"] and not line.endswith(b":") else match


class Stream:
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
        header = find_header(text, begin=True)
        if header and header["profile"]:
            self.table = self.table or Records(self.where)
        self.headers_only = header is not None and not self.dump.snapshots and len(self.held) == 0
        if header and not header["profile"]:
            self.header(number, header, text, time)
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

    def header(self, number: int, header: re.Match, text: bytes, time: int | None) -> None:
        name = header["id"] or header["left"]
        text = text.rstrip(b" \t") if header["id"] else b"goroutine %s [%s]:" % (name, header["state"])
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
        # A report leaves out the goroutines that it was told to expect.
        self.dump.partial |= header["left"] is not None
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
