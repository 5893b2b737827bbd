"""Text profiles, ``debug=1``: a record a stack, with addresses, labels and frames.

The leading frames of the runtime are not named, only their addresses are there: they become a
sample's ``hidden``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile.blocks import parse_labels
from goleak_lsp.profile.depth import limit_of
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK, Frame, Profile, Sample
from goleak_lsp.profile.names import text_form
from goleak_lsp.profile.unread import Unread

HEAD = re.compile(rb"^(goroutine|goroutineleak) profile: total (\d+)[ \t]*\r?$", re.MULTILINE)
_COUNT = re.compile(rb"(\d{1,15}) @((?: 0x[0-9a-f]{1,16})*)[ \t]*$")
_ADDRESS = re.compile(rb"0x[0-9a-f]{1,16}$")
_NUMBER = re.compile(rb"\d{1,9}[ \t]*$")
_LABELS = re.compile(rb"# labels: \{(.*)\}[ \t]*$")
MAX_RECORD = 4 << 20
_MAX_HIDDEN = 12


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

    def __init__(self) -> None:
        self.equal: dict[Frame, Frame] = {}

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
                found = int(parts[1], 16), self.equal.setdefault(frame, frame)
        self[line] = found
        return found


class Records:
    """Gathers the records of one text."""

    def __init__(self, where: Callable[[int], int] | None = None) -> None:
        self._frames = _Frames()
        self._rest = b""
        self._line = 1
        self._kind: str | None = None
        self._announced = b""
        self._merged: dict[tuple, list] = {}
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
            self._record(record)
            self._line += record.count(b"\n") + 2

    def finish(self) -> None:
        """Takes the last record, if the text does not end within it."""
        rest, self._rest = self._rest, b""
        lines = rest.rstrip(b"\n").split(b"\n")
        if (HEAD.match(rest) and len(lines) == 1) or (rest.endswith(b"\n") and self._is_whole(lines)):
            self._record(rest)
        elif rest.strip():
            self.unread.add(self._line)
        self.close()

    def _is_whole(self, lines: list[bytes]) -> bool:
        """Whether the last record names as many of its addresses as all those before it did."""
        count = next((match for line in lines[:2] if (match := _COUNT.match(line))), None)
        if not count or not self._merged or self._partly_named:
            return True
        found = [frame for frame in map(self._frames.__getitem__, lines) if frame]
        return bool(found) and _names_all(count, found)

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

    def _add(self, count: re.Match, lines: list[bytes], labels: bytes) -> None:
        number = int(count[1])
        self._total += number
        found = [frame for frame in map(self._frames.__getitem__, lines) if frame]
        if not found or not number:
            return
        hidden = _hidden(count, found)
        self._partly_named = self._partly_named or not _names_all(count, found)
        depth = count[2].count(b" ")
        key = (tuple([id(frame) for _, frame in found]), labels, hidden, depth)
        self._merged.setdefault(key, [tuple([frame for _, frame in found]), 0])[1] += number

    def close(self) -> None:
        """Ends the profile that was begun, if any."""
        if self._kind is None:
            return
        leaked = self._kind == GOROUTINE_LEAK
        texts = {labels: parse_labels(labels.decode("utf-8", "replace")) for _, labels, _, _ in self._merged}
        limit = limit_of(max((depth for _, _, _, depth in self._merged), default=0))
        samples = [
            Sample(stack, number, texts[labels], leaked=leaked, hidden=hidden, cut=depth == limit)
            for (_, labels, hidden, depth), (stack, number) in self._merged.items()
        ]
        kind = GOROUTINE_LEAK if leaked else GOROUTINE
        # Compared as text, since a number may have any length.
        partial = self.unread.count > 0 or self._announced != b"%d" % self._total
        self.snapshots.append(Profile(kind, tuple(samples), self._total, partial=partial))
        self._kind, self._merged, self._total = None, {}, 0

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


def _names_all(count: re.Match, found: list[tuple[int, Frame]]) -> bool:
    # The outermost address, where every goroutine starts, has no name.
    return len(found) + len(_hidden(count, found)) + 1 >= count[2].count(b" ")
