"""Text profiles, ``debug=1``: a record a stack, with addresses, labels and frames.

The leading frames of the runtime are not named, only their addresses are there: they become a
sample's ``hidden``.

An address has the same frames wherever it stands, and runs of addresses recur in stacks that differ. So
the lines of a record are read only where one of its runs is new; of the others they are counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain, groupby, takewhile
from operator import itemgetter

from goleak_lsp.errors import ProfileError
from goleak_lsp.frozen import Frozen
from goleak_lsp.profile.blocks import parse_labels
from goleak_lsp.profile.depth import limit_of
from goleak_lsp.profile.halves import Half
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK, Frame, Profile, Stack, sample_of
from goleak_lsp.profile.names import text_form
from goleak_lsp.profile.unread import Unread

HEAD = re.compile(rb"^(goroutine|goroutineleak) profile: total (\d+)[ \t]*\r?$", re.MULTILINE)
_COUNT = re.compile(rb"(\d{1,15}) @((?: 0x[0-9a-f]{1,16})*)[ \t]*$")
_ADDRESS = re.compile(rb"0x[0-9a-f]{1,16}$")
_NUMBER = re.compile(rb"\d{1,9}[ \t]*$")
_LABELS = re.compile(rb"# labels: \{(.*)\}[ \t]*$")
MAX_RECORD = 4 << 20
_MAX_HIDDEN = 12
_RUN = 60
"""Bytes of a run at least: the shorter the more often it recurs, the longer the fewer are looked up."""
_MAX_RUNS = 50_000
_MANY = 200
"""Records from which on it pays to learn their runs."""
_MAX_NUMBER = 18
_MAX_KEPT = 10_000


def looks_like(head: bytes) -> bool:
    """Whether the first line that is not empty announces such a profile."""
    match = HEAD.search(head)
    return match is not None and not head[: match.start()].strip()


def decode(pieces: Iterable[bytes], line: int = 1) -> tuple[tuple[Profile, ...], list[str]]:
    """The profiles in the pieces of a text, one after another, and what could not be read of it.

    Raises ProfileError when there is none.
    """
    records = Records(lambda at: at + line - 1)
    for piece in pieces:
        records.feed(piece)
    return records.result()


class _Frames(dict):
    """Frames by the lines that show them: address and frame, or None for a line that is none."""

    def __missing__(self, line: bytes) -> tuple[int, Frame] | None:
        found = None
        # Any number of tabs stands before the place, so that the places of a record are aligned.
        parts = [part for part in line.split(b"\t") if part]
        if len(parts) == 4 and parts[0] == b"#" and _ADDRESS.match(parts[1]):
            name, offset, _ = parts[2].rpartition(b"+0x")
            file, _, number = parts[3].rpartition(b":")
            if file and _NUMBER.match(number):
                function = (name if offset else parts[2]).decode("utf-8", "replace")
                frame = Frame(text_form(function), file.decode("utf-8", "replace"), int(number))
                found = int(parts[1], 16), frame
        self[line] = found
        return found


class _Run(Frozen):
    """Addresses that follow each other, and what they stand for: ``lines`` is how many lines show them."""

    stack: Stack
    lines: int
    addresses: int
    hidden: tuple[int, ...] = ()


class _Runs:
    """The runs of addresses that records have shown so far, by their text; what is unknown of a record is learned."""

    def __init__(self) -> None:
        self._addresses: dict[bytes, list[Frame]] = {}
        self._first: dict[bytes, _Run] = {}
        self._later: dict[bytes, _Run] = {}

    def find(self, addresses: bytes) -> tuple[Stack, int, int, tuple[int, ...]] | None:
        """What the addresses of a record stand for, as in a run; None if one of its runs was never seen."""
        stack, lines, depth, end = (), 0, 0, len(addresses)
        while end > 2 * _RUN:
            begin = addresses.rfind(b" ", 0, end - _RUN)
            run = self._later.get(addresses[begin:end])
            if run is None:
                return None
            stack, lines, depth, end = run.stack + stack, lines + run.lines, depth + run.addresses, begin
        first = self._first.get(addresses[:end])
        if first is None:
            return None
        return first.stack + stack, first.lines + lines, first.addresses + depth, first.hidden

    def learn(self, addresses: bytes, hidden: tuple[int, ...], found: list[tuple[int, Frame]], lines: int) -> None:
        """Keeps what the lines of a record say of its addresses, if they leave no doubt."""
        texts = addresses.split()
        frames = _by_address([int(text, 16) for text in texts], len(hidden), found) if lines == len(found) else None
        if frames is None:
            return
        for text, group in zip(texts[len(hidden) :], frames[len(hidden) :], strict=True):
            if self._addresses.setdefault(text, group) != group:
                return
        if len(self._later) > _MAX_RUNS:
            self._later.clear()
        if len(self._first) > _MAX_RUNS:
            self._first.clear()
        if len(self._addresses) > _MAX_RUNS:
            # Runs must not outlive what they were held against.
            self._addresses, self._first, self._later = {}, {}, {}
        end, last = len(addresses), len(texts)
        while end > 2 * _RUN:
            begin = addresses.rfind(b" ", 0, end - _RUN)
            if begin <= 0:
                return
            count = addresses.count(b" ", begin, end)
            self._later[addresses[begin:end]] = _run(frames[last - count : last])
            end, last = begin, last - count
        # Which addresses are hidden is told by the first that is named, so it must be among these.
        if len(hidden) < last and frames[len(hidden)]:
            self._first[addresses[:end]] = _run(frames[:last], hidden)


def _by_address(numbers: list[int], begin: int, found: list[tuple[int, Frame]]) -> list[list[Frame]] | None:
    """The frames of each address from ``begin`` on, as the lines show them; None where lines are left over."""
    frames: list[list[Frame]] = [[] for _ in numbers]
    at = begin
    for address, lines in groupby(found, itemgetter(0)):
        group = [frame for _, frame in lines]
        at = next((i for i in range(at, len(numbers)) if numbers[i] - address in (0, 1)), len(numbers))
        # A function that calls itself has one address several times.
        times = sum(1 for _ in takewhile(numbers[at : at + 1].__contains__, numbers[at:]))
        if not times or len(group) % times:
            return None
        for turn in range(times):
            frames[at + turn] = group[turn * len(group) // times : (turn + 1) * len(group) // times]
        at += times
    return frames


def _run(frames: list[list[Frame]], hidden: tuple[int, ...] = ()) -> _Run:
    stack = tuple(chain.from_iterable(frames))
    return _Run(stack, len(stack), len(frames), hidden)


class Records:
    """Gathers the records of one text."""

    def __init__(self, where: Callable[[int], int] | None = None) -> None:
        self._frames = _Frames()
        self._runs = _Runs()
        self._numbers: dict[bytes, int] = {}
        self._rest = b""
        self._line = 1
        self._kind: str | None = None
        self._announced = b""
        self._merged: dict[tuple, int] = {}
        self._total = 0
        self._partly_named = False
        self.unread = Unread("record", where)
        self.snapshots: list[Profile] = []

    def feed(self, piece: bytes) -> None:
        """Takes the next piece of the text, which may end anywhere."""
        text = self._rest + piece
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        *records, self._rest = text.split(b"\n\n")
        if len(self._rest) > MAX_RECORD:
            self.unread.add(self._line)
            self._line += self._rest.count(b"\n")
            self._rest = b""
        for record in records:
            lines = record.count(b"\n")
            if self._kind is None or not self._is_known(record, lines):
                self._record(record)
            self._line += lines + 2

    def finish(self) -> None:
        """Takes the last record, if the text does not end within it."""
        self._take_rest()
        self.close()

    def _take_rest(self) -> None:
        rest, self._rest = self._rest, b""
        lines = rest.rstrip(b"\n").split(b"\n")
        if (HEAD.match(rest) and len(lines) == 1) or (rest.endswith(b"\n") and self._is_whole(lines)):
            self._record(rest)
        elif rest.strip():
            self.unread.add(self._line)

    def half(self, last: bool) -> Half | None:
        """What one half of a text holds, or the ``last``; None where it is not plainly of one profile."""
        if not self._merged:
            return None
        if last:
            self._take_rest()
        # Whether the last record is whole is told by all that came before it.
        if self._rest or self.snapshots or self._partly_named or self.unread.count:
            return None
        announced = self._announced
        deepest = max(depth for _, _, _, depth in self._merged)
        self.close()
        return Half(self.snapshots[0], announced=announced, deepest=deepest)

    def _is_whole(self, lines: list[bytes]) -> bool:
        """Whether the last record names as many of its addresses as all those before it did."""
        count = next((match for line in lines[:2] if (match := _COUNT.match(line))), None)
        if not count or not self._merged or self._partly_named:
            return True
        found = [frame for frame in map(self._frames.__getitem__, lines) if frame]
        return bool(found) and _names_all(len(found), _hidden(count, found), count[2].count(b" "))

    def _record(self, record: bytes) -> None:
        lines = record.strip(b"\n").split(b"\n")
        if head := HEAD.match(lines[0]):
            self.close()
            self._kind, self._announced = head[1].decode(), head[2].lstrip(b"0")
            del lines[0]
        if not lines or not lines[0] or self._kind is None:
            return
        count = _COUNT.match(lines[0])
        if not count:
            self.unread.add(self._line)
            return
        labels = _LABELS.match(lines[1]) if len(lines) > 1 else None
        self._add(count, lines[2 if labels else 1 :], labels[1] if labels else b"")

    def _is_known(self, record: bytes, lines: int) -> bool:
        """Adds a record of ``lines`` below its addresses if nothing in it is new; whether that was so."""
        end, at = record.find(b"\n"), record.find(b" @ ", 0, _MAX_NUMBER)
        number = self._numbers.get(record[:at]) if 0 < at < end else None
        if number is None:
            return False
        labels = b""
        if record.startswith(b"# labels:", end + 1):
            match = _LABELS.match(record[end + 1 : record.find(b"\n", end + 1)])
            if not match:
                return False
            labels, lines = match[1], lines - 1
        known = self._runs.find(record[at + 2 : end])
        if known is None or known[1] != lines:
            return False
        stack, _, depth, hidden = known
        self._total += number
        self._put(number, stack, labels, hidden, depth)
        return True

    def _add(self, count: re.Match, lines: list[bytes], labels: bytes) -> None:
        number = int(count[1])
        self._total += number
        found = [frame for frame in map(self._frames.__getitem__, lines) if frame]
        if not found or not number:
            return
        hidden = _hidden(count, found)
        if len(self._merged) >= _MANY:
            if number < _MAX_KEPT:
                self._numbers[count[1]] = number
            self._runs.learn(count[2], hidden, found, len(lines))
        self._put(number, tuple([frame for _, frame in found]), labels, hidden, count[2].count(b" "))

    def _put(self, number: int, stack: Stack, labels: bytes, hidden: tuple[int, ...], depth: int) -> None:
        self._partly_named = self._partly_named or not _names_all(len(stack), hidden, depth)
        key = (stack, labels, hidden, depth)
        self._merged[key] = self._merged.get(key, 0) + number

    def close(self) -> None:
        """Ends the profile that was begun, if any."""
        if self._kind is None:
            return
        leaked = self._kind == GOROUTINE_LEAK
        texts = {labels: _parsed(labels) for labels in {labels for _, labels, _, _ in self._merged}}
        limit = limit_of(max((depth for _, _, _, depth in self._merged), default=0))
        samples = [
            sample_of((stack, number, texts[labels], "", None, None, leaked, hidden, depth == limit))
            for (stack, labels, hidden, depth), number in self._merged.items()
        ]
        kind = GOROUTINE_LEAK if leaked else GOROUTINE
        # Compared as text, since a number may have any length.
        partial = self.unread.count > 0 or self._announced != b"%d" % self._total
        self.snapshots.append(Profile(kind, tuple(samples), self._total, partial=partial))
        # What follows is of another process perhaps, whose addresses mean something else.
        self._kind, self._merged, self._total, self._runs = None, {}, 0, _Runs()

    def result(self) -> tuple[tuple[Profile, ...], list[str]]:
        """All profiles, and what is wrong; raises ProfileError when there is none."""
        self.finish()
        if not self.snapshots:
            raise ProfileError("holds no goroutine that can be read")
        return tuple(self.snapshots), self.unread.problems(sum(len(p.samples) for p in self.snapshots))


def _hidden(count: re.Match, found: list[tuple[int, Frame]]) -> tuple[int, ...]:
    """The addresses before the first named frame's, which is one less than where a call returns to."""
    addresses = count[2][: _MAX_HIDDEN * 20].split()[:_MAX_HIDDEN]
    first = found[0][0]
    numbers = [int(address, 16) for address in addresses]
    at = next((i for i, number in enumerate(numbers) if number - first in (0, 1)), 0)
    return tuple(numbers[:at])


def _names_all(named: int, hidden: tuple[int, ...], depth: int) -> bool:
    """Whether a record shows all of its ``depth`` addresses."""
    # The outermost address, where every goroutine starts, has no name.
    return named + len(hidden) + 1 >= depth


def _parsed(labels: bytes) -> tuple[tuple[str, str], ...]:
    return parse_labels(labels.decode("utf-8", "replace"))
