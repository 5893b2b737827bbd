"""Profiles in files, globs and standard input."""

from __future__ import annotations

import os
import stat
import sys
import threading
from typing import IO

from goleak_lsp.errors import SourceError

MAX_FILE = 512 << 20
"""Bytes of standard input that are read at most."""
MAX_IN_MEMORY = 4 << 20
"""Bytes of it that are kept in memory; more goes to a file, which the decoder's worker reads."""

_PIECE = 1 << 20


def expand(spec: str) -> list[str]:
    """The files that ``spec`` names, spelled as given; a pattern's in order of their names."""
    if spec == "-" or os.path.lexists(spec):
        return [spec]
    import glob

    if not glob.has_magic(spec):
        return [spec]
    return sorted(glob.glob(spec, recursive=True)) or [spec]


def standard_input(seconds: float) -> bytes | IO[bytes]:
    """Standard input to its end: bytes, or a file where it is one or is large; raises SourceError."""
    handle = sys.stdin.fileno()
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(os.dup(handle), "rb", buffering=0)
    spool = _Spool()
    # A pipe that never ends can only be left behind, in a thread that nothing waits for.
    thread = threading.Thread(target=spool.fill, args=(handle,), daemon=True)
    thread.start()
    thread.join(seconds)
    return spool.result()


class _Spool:
    """What comes from a pipe, in memory while it is small and else in a file without a name."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0
        self.file: IO[bytes] | None = None
        self.ended = False
        self.problem = ""

    def fill(self, handle: int) -> None:
        """Reads to the end, or until it is too much."""
        try:
            while (piece := os.read(handle, _PIECE)) and self.size <= MAX_FILE:
                self.size += len(piece)
                self._add(piece)
        except OSError as error:
            self.problem = _why(error)
        self.ended = True

    def _add(self, piece: bytes) -> None:
        if self.file is None and self.size <= MAX_IN_MEMORY:
            self.pieces.append(piece)
            return
        if self.file is None:
            import tempfile

            self.file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (open until it was read)
            self.file.write(b"".join(self.pieces))
            self.pieces = []
        self.file.write(piece)

    def result(self) -> bytes | IO[bytes]:
        """All of it; raises SourceError if that did not come."""
        if not self.ended:
            raise SourceError("did not end in time")
        if self.size > MAX_FILE:
            raise SourceError(f"is larger than {MAX_FILE >> 20} MiB")
        if self.problem:
            raise SourceError(self.problem)
        if self.file is None:
            return b"".join(self.pieces)
        self.file.seek(0)
        return self.file


def open_regular(spec: str) -> IO[bytes]:
    """One regular file, opened for reading and not buffered; raises SourceError for all else."""
    try:
        # O_NONBLOCK lets a FIFO be opened and refused instead of waiting for a writer.
        handle = os.open(spec, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise SourceError(_why(error)) from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise SourceError(f"is {_what(mode)}, not a file")
    return os.fdopen(handle, "rb", buffering=0)


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def _what(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    return "a FIFO" if stat.S_ISFIFO(mode) else "a socket or device"
