"""Reads profiles that may be large: small ones here, the others in worker processes.

Decoding is pure Python work that holds the interpreter's lock, and its input is untrusted:
in the server's own process a large one would delay every answer, and could not be stopped.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from goleak_lsp.profile import formats
from goleak_lsp.profile.collecting import no_collection
from goleak_lsp.profile.model import Profile
from goleak_lsp.profile.unpack import Unpacked

if TYPE_CHECKING:
    from goleak_lsp.profile.worker import Cancel, Progress

SECONDS = 8.0
"""The deadline for one profile."""
MEMORY = 400 << 20
"""Bytes that the worker may use, on systems that can limit them."""
SMALL_BINARY = 1 << 20
"""Decompressed bytes of a protobuf profile up to which no worker is worth its start."""
SMALL_TEXT = 4 << 20
"""The same for text."""
SMALL_ALONE = 2 << 20
"""The same for a protobuf profile where nobody waits for an answer meanwhile."""


def decode_in_worker(
    data: bytes | IO[bytes],
    *,
    seconds: float = SECONDS,
    memory: int = MEMORY,
    cancel: Cancel | None = None,
    progress: Progress | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> tuple[tuple[Profile, ...], list[str]]:
    """What ``formats.decode`` gives for bytes, or for an open regular file, within ``seconds``.

    ``progress`` is called with the bytes read so far and the size of a large file, ten times a
    second, from this thread. Small input is decoded here, and more of it in a program that has no event loop to
    delay: it gives ``meanwhile``, which is called before anything large is decoded and should return at once.
    Raises ProfileError, its message a predicate of the source; blocks, so a program with an event loop calls it in
    a thread.
    """
    begun = time.monotonic()
    if not isinstance(data, bytes) and os.fstat(data.fileno()).st_size <= SMALL_TEXT:
        data = data.read(SMALL_TEXT + 1)
    size, is_binary = _size_of(data) if isinstance(data, bytes) else (math.inf, False)
    small = SMALL_BINARY if is_binary else SMALL_TEXT
    if size > small and meanwhile:
        meanwhile()
    if size <= (SMALL_ALONE if meanwhile and is_binary else small):
        with no_collection():
            return formats.decode(data)
    # What it takes to start a process costs 4 ms to import, and most profiles are small.
    from goleak_lsp.profile import worker

    left = seconds - (time.monotonic() - begun)
    return worker.decode(data, max(left, 0.1), memory, cancel or worker.Cancel(), progress)


def _size_of(data: bytes) -> tuple[float, bool]:
    """Decompressed bytes, since compression makes a hundred megabytes of zeros small, and whether they are a message.

    They are counted until they are too many to be decoded here; archives always are.
    """
    size = 0
    unpacked = Unpacked(data)
    if formats.archive(unpacked.head):
        return math.inf, False
    is_binary = formats.is_message(unpacked.head)
    for piece in unpacked:
        size += len(piece)
        if size > (SMALL_ALONE if is_binary else SMALL_TEXT):
            break
    return size, is_binary
