"""A large text of one snapshot, read as two halves by two workers at once and put together again.

What comes out is what one reader would have made of the whole. Where that is not sure, as in a text of several
snapshots, there is no answer, and one worker has to read all of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import IO

from goleak_lsp.frozen import Frozen
from goleak_lsp.profile.depth import limit_of
from goleak_lsp.profile.model import GOROUTINE_LEAK, Profile, Sample
from goleak_lsp.profile.unpack import PIECE
from goleak_lsp.profile.unread import Unread

MIN_SIZE = 8 << 20
"""Bytes of a text from which on a second worker is worth its start."""

_DEBUGGER = b"Goroutine "
"""What goroutines begin with that Delve prints, wherever in a text."""
_WINDOW = 1 << 20
_HEAD = 256


class Half(Frozen):
    """What one half of a text holds.

    ``unread`` counts what could not be read in the first one, beginning at line ``unread_at``. Of dumps ``ids`` has
    the numbers of the goroutines, apart by spaces; of the other text ``announced`` is the total that its head tells,
    and ``deepest`` the addresses of its deepest stack.
    """

    profile: Profile
    unread: int = 0
    unread_at: int | None = None
    ids: bytes = b""
    announced: bytes = b""
    deepest: int = 0


class _Form(Frozen):
    """A format whose texts can be cut: how they begin, and what stands where one part of them ends and another begins.

    ``headed``: every part has to begin with the first line.
    """

    begin: re.Pattern[bytes]
    cut: re.Pattern[bytes]
    headed: bool


_FORMS = {
    "dump": _Form(
        re.compile(rb"goroutine \d{1,19} \[[^\n]*\]:?\n"), re.compile(rb"\n\n(?=goroutine \d{1,19} \[)"), False
    ),
    "records": _Form(
        re.compile(rb"goroutine(?:leak)? profile: total \d{1,15}\n\d{1,15} @ 0x"),
        re.compile(rb"\n\n(?=\d{1,15} @ 0x)"), True,
    ),
}  # fmt: skip
"""By the name of the module that reads them."""


class Cut(Frozen):
    """The format of a text, and the byte that its second half begins with."""

    form: str
    at: int


def cut(file: IO[bytes]) -> Cut | None:
    """Where to cut a file that begins at its position; None for what one worker has to read."""
    # Reading at a place without moving the file's position, as both workers must, Windows cannot.
    if not hasattr(os, "pread") or (os.cpu_count() or 1) < 2 or file.tell():
        return None
    return middle(file) if os.fstat(file.fileno()).st_size >= MIN_SIZE else None


def middle(file: IO[bytes]) -> Cut | None:
    """Where to cut a file, however small; None for what is no plain text of a known form."""
    handle = file.fileno()
    size = os.fstat(handle).st_size
    head = os.pread(handle, PIECE, 0)
    if b"\0" in head or _DEBUGGER in head:
        return None  # no text, or another one
    name = next((name for name, form in _FORMS.items() if form.begin.match(head)), None)
    found = _FORMS[name].cut.search(os.pread(handle, _WINDOW, size // 2)) if name else None
    return Cut(name, size // 2 + found.end()) if found else None


def pieces(file: IO[bytes], where: Cut, last: bool) -> Iterator[bytes]:
    """The pieces of the first half or the ``last``, which begins with the head of the whole."""
    return _later(file, where) if last else _earlier(file, where.at)


def _earlier(file: IO[bytes], end: int) -> Iterator[bytes]:
    """The pieces before ``end``; the file's position tells whoever shares it how far it is."""
    while end > 0 and (piece := file.read(min(PIECE, end))):
        end -= len(piece)
        yield piece


def _later(file: IO[bytes], where: Cut) -> Iterator[bytes]:
    """The head of the text, and the pieces from the cut on, read without a word to whoever shares the file."""
    handle, at = file.fileno(), where.at
    if _FORMS[where.form].headed:
        yield os.pread(handle, _HEAD, 0).partition(b"\n")[0] + b"\n\n"
    while piece := os.pread(handle, PIECE, at):
        at += len(piece)
        yield piece


def joined(where: Cut, first: Half | None, second: Half | None) -> tuple[tuple[Profile, ...], list[str]] | None:
    """Both halves as one profile with its problems; None where one reader might have seen it otherwise."""
    if first is None or second is None or not _is_one(first, second):
        return None
    one, other = first.profile, second.profile
    unread = Unread("goroutine")
    if first.unread_at is not None:
        unread.add(first.unread_at, first.unread)
    total = one.total + other.total
    partial = one.partial or other.partial if where.form == "dump" else first.announced != b"%d" % total
    kind = one.kind if one.kind == GOROUTINE_LEAK else other.kind
    profile = one._replace(kind=kind, samples=_merged(one.samples, other.samples), total=total, partial=partial)
    return (profile,), unread.problems(total)


def _is_one(first: Half, second: Half) -> bool:
    """Whether the second half goes on with the first one's snapshot, and both judged their stacks by one limit."""
    limit = limit_of(max(first.deepest, second.deepest))
    if any(limit_of(half.deepest) not in (0, limit) for half in (first, second)):
        return False
    return set(first.ids.split()).isdisjoint(second.ids.split())


def _merged(first: Iterable[Sample], second: Iterable[Sample]) -> tuple[Sample, ...]:
    """The samples of both; of those that are equal but for their counts, one with the sum."""
    found: dict[tuple, Sample] = {}
    for sample in (*first, *second):
        key = (sample.stack, *sample[2:])
        known = found.get(key)
        found[key] = known._replace(count=known.count + sample.count) if known else sample
    return tuple(found.values())
