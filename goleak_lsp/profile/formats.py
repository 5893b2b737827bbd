"""Finds the format of some bytes by their content, and decodes them within bounds.

A format is a module with ``looks_like(data)`` and ``decode(data) -> (profiles, problems)``;
adding one is a line in ``_FORMATS``. Decoders are pure: they can run in another process.
"""

from __future__ import annotations

import importlib
import zlib

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile.model import Profile

MAX_BYTES = 256 << 20
"""Decompressed bytes of one profile; more is refused, since nothing real is that large."""

_FORMATS = ("goleak_lsp.profile.dump", "goleak_lsp.profile.protobuf")
_CHUNK = 1 << 20

# A pprof message may begin with any of its fields: the tags of fields 1 to 7 and 11 hold bytes,
# the others numbers. Text never has control characters among its first bytes.
_FIRST_TAGS = frozenset(n << 3 | 2 for n in (*range(1, 7), 11)) | frozenset(n << 3 for n in range(7, 15))


def decode(data: bytes) -> tuple[tuple[Profile, ...], list[str]]:
    """The profiles in ``data``, plain or gzip, oldest first, and what could not be read of it.

    A log or an archive may hold several; there is always one at least.

    Raises ProfileError, its message a predicate of the source: "is empty".
    """
    data = unpack(data)
    if not data.strip():
        raise ProfileError("is empty")
    for name in _FORMATS:
        # Decoders are imported when their turn comes: protobuf's runtime costs 30 ms.
        if _sniff(name, data):
            return importlib.import_module(name).decode(data)
    raise ProfileError(f"is no goroutine profile{_guess(data)}")


def _sniff(name: str, data: bytes) -> bool:
    if name.endswith(".protobuf"):
        return data[0] in _FIRST_TAGS and any(byte < 9 for byte in data[:64])
    return b"goroutine " in data[:65536] and importlib.import_module(name).looks_like(data)


def unpack(data: bytes) -> bytes:
    """``data`` decompressed once if it is gzip, at most MAX_BYTES; raises ProfileError."""
    if data[:2] != b"\x1f\x8b":
        return data
    unzip = zlib.decompressobj(wbits=31)
    out, size = [], 0
    try:
        while not unzip.eof:
            chunk = unzip.decompress(data, _CHUNK)
            data = unzip.unconsumed_tail
            if not chunk and not data:
                raise ProfileError("is cut off within its gzip data")
            size += len(chunk)
            if size > MAX_BYTES:
                raise ProfileError(f"unpacks to more than {MAX_BYTES >> 20} MiB")
            out.append(chunk)
    except zlib.error:
        raise ProfileError("has damaged gzip data") from None
    plain = b"".join(out)
    if plain[:2] == b"\x1f\x8b":
        raise ProfileError("is gzip within gzip")
    return plain


def _guess(data: bytes) -> str:
    head = data[:512].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html")):
        return ": it is a web page"
    if head.startswith(b"go1.") or b"heap profile" in head:
        return ": it is another kind of profile"
    return ""
