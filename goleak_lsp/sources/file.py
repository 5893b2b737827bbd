"""Profiles in files, globs and standard input."""

from __future__ import annotations

import glob
import os
import stat
import sys
from typing import IO

from goleak_lsp.errors import SourceError

MAX_FILE = 512 << 20
"""Bytes of one file that are read at most."""


def expand(spec: str) -> list[str]:
    """The files that ``spec`` names, spelled as given; a pattern's in order of their names."""
    if spec == "-" or os.path.lexists(spec) or not glob.has_magic(spec):
        return [spec]
    return sorted(glob.glob(spec, recursive=True)) or [spec]


def fetch(spec: str) -> bytes:
    """The bytes of one regular file or of standard input; raises SourceError."""
    if spec == "-":
        return _read(sys.stdin.buffer)
    with open_regular(spec) as file:
        return _read(file)


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


def _read(file) -> bytes:
    try:
        data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise SourceError(_why(error)) from None
    if len(data) > MAX_FILE:
        raise SourceError(f"is larger than {MAX_FILE >> 20} MiB")
    return data


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def _what(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    return "a FIFO" if stat.S_ISFIFO(mode) else "a socket or device"
