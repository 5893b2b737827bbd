"""What a Go binary says of its build: the commit and the version of its main module.

Source: the layout that ``debug/buildinfo`` documents. A blob begins with a magic text, aligned to
16 bytes; since Go 1.18 two strings with their lengths follow 32 bytes on.
"""

from __future__ import annotations

import mmap
import os
import re
from typing import IO

MAX_BINARY = 256 << 20
_MAGIC = b"\xff Go buildinf:"
_INLINE = 2
_MAX_TEXT = 1 << 20
_MAX_TRIES = 32
_SEAL = 16
"""Bytes before and after the module text by which the linker's own readers find it."""

_COMMIT = re.compile(r"^build\tvcs\.revision=([0-9a-f]{7,64})$", re.MULTILINE)
_MAIN = re.compile(r"^mod\t[^\t\n]+\t(v[0-9][^\t\n]*)", re.MULTILINE)


def revisions_of(file: IO[bytes]) -> tuple[str, ...]:
    """The commit that a binary was built of, and the version of its main module, as far as it has them."""
    size = os.fstat(file.fileno()).st_size
    if not len(_MAGIC) <= size <= MAX_BINARY:
        return ()
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = -1
        for _ in range(_MAX_TRIES):
            at = data.find(_MAGIC, at + 1)
            if at < 0:
                return ()
            # Programs that read such blobs have the magic text among their constants too.
            if at % _SEAL == 0 and (text := _modules(data, at)):
                return tuple(match[1] for pattern in (_COMMIT, _MAIN) if (match := pattern.search(text)))
    return ()


def _modules(data: mmap.mmap, at: int) -> str:
    if at + 33 > len(data) or not data[at + 15] & _INLINE:
        return ""
    start, length = _length(data, at + 32)
    start, length = _length(data, start + length)
    if not 2 * _SEAL < length <= _MAX_TEXT:
        return ""
    return data[start + _SEAL : start + length - _SEAL].decode("utf-8", "replace")


def _length(data: mmap.mmap, at: int) -> tuple[int, int]:
    """Where a string begins whose length stands at ``at``, and the length; 0 where there is none."""
    value = 0
    for number, byte in enumerate(data[at : at + 5]):
        value |= (byte & 0x7F) << 7 * number
        if byte < 0x80:
            return at + number + 1, value
    return at, 0
