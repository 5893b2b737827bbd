"""The plain bytes of what was saved: gzip, zstd and UTF-16 taken off, piece by piece and bounded."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO

from goleak_lsp.errors import ProfileError

MAX_PLAIN = 512 << 20
"""Bytes of one file that is not compressed."""
MAX_UNPACKED = 256 << 20
"""Bytes that a compressed one may unpack to; nothing real is that large."""

PIECE = 1 << 18
"""Bytes of a piece; what is done with one stays in the processor's cache."""
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF8_BOM = b"\xef\xbb\xbf"


class Unpacked:
    """Pieces of plain bytes, once. ``head`` is the first of them, and comes again with the others.

    ``problem`` says, after the last piece, why there are no more: a text keeps what came, for
    all else it is the end. It is None where the data are whole.
    """

    def __init__(self, data: bytes | IO[bytes]) -> None:
        self.problem: str | None = None
        raw = _raw(data)
        first = next(raw, b"")
        pieces: Iterator[bytes] = chain((first,), raw)
        limit, verb = MAX_PLAIN, "is larger than"
        if first[:2] == GZIP or first[:4] == ZSTD:
            name, unpack = ("gzip", _gunzip) if first[:2] == GZIP else ("zstd", _unzstd)
            pieces = self._checked(name, unpack, pieces)
            limit, verb = MAX_UNPACKED, "unpacks to more than"
        pieces = self._bounded(pieces, limit, verb)
        self.head, pieces = _peeked(pieces)
        if self.head[:2] in _BOMS:
            self.head, pieces = _peeked(_recoded(pieces, _BOMS[self.head[:2]]))
        elif self.head.startswith(_UTF8_BOM):
            self.head = self.head[len(_UTF8_BOM) :]
            next(pieces)
            pieces = chain((self.head,), pieces)
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def whole(self, limit: int = MAX_UNPACKED) -> bytes:
        """All pieces as one; raises ProfileError if they are not all there or too many."""
        pieces, size = [], 0
        for piece in self:
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise ProfileError(f"is larger than {limit >> 20} MiB")
        if self.problem:
            raise ProfileError(self.problem)
        return b"".join(pieces)

    def _checked(self, name: str, unpack: Callable, pieces: Iterator[bytes]) -> Iterator[bytes]:
        try:
            whole = yield from unpack(pieces)
        except _Damaged:
            self.problem = f"has damaged {name} data"
        else:
            if not whole:
                self.problem = f"is cut off within its {name} data"

    def _bounded(self, pieces: Iterable[bytes], limit: int, verb: str) -> Iterator[bytes]:
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > limit:
                self.problem = f"{verb} {limit >> 20} MiB"
                return
            yield piece


class _Damaged(Exception):
    """Compressed data that are wrong; never leaves this module."""


def _raw(data: bytes | IO[bytes]) -> Iterator[bytes]:
    if isinstance(data, bytes):
        for start in range(0, len(data), PIECE):
            yield data[start : start + PIECE]
        return
    while piece := data.read(PIECE):
        yield piece


def _peeked(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    first = next(pieces, b"")
    return first, chain((first,), pieces)


def _gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Unpacks one member after another, as files that were appended have several."""
    unzip = zlib.decompressobj(wbits=31)
    for piece in pieces:
        while piece:
            if unzip.eof:
                if piece[:2] != GZIP:
                    # Padding, or a trailer of whatever saved it: the data before it are whole.
                    return True
                unzip = zlib.decompressobj(wbits=31)
            try:
                out = unzip.decompress(piece, PIECE)
            except zlib.error:
                raise _Damaged from None
            piece = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
            if out:
                yield out
    return unzip.eof


def _unzstd(pieces: Iterator[bytes]) -> Iterator[bytes]:
    zstd, error = _zstd()
    unzip = zstd()
    for piece in pieces:
        # Small inputs bound what one call can unpack to.
        for start in range(0, len(piece), 256):
            if unzip.eof:
                return True
            try:
                out = unzip.decompress(piece[start : start + 256])
            except error:
                raise _Damaged from None
            if out:
                yield out
    return unzip.eof


def _zstd() -> tuple[Callable, type[Exception]]:
    """What makes a decompressor, and what that raises: Python's own, or the library's."""
    try:
        from compression import zstd
    except ImportError:
        import zstandard

        unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27)
        return unpacker.decompressobj, zstandard.ZstdError
    return zstd.ZstdDecompressor, zstd.ZstdError


def _recoded(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """UTF-16, as some shells write what they redirect, as UTF-8 without its byte order mark."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    first = True
    for piece in pieces:
        text = decoder.decode(piece)
        yield text.removeprefix("\ufeff").encode("utf-8", "replace") if first else text.encode("utf-8", "replace")
        first = False
