"""Changed files as one unified diff that ``git apply`` takes, and written to disk together."""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from goleak_lsp.errors import GoleakError

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_CONTEXT = 3


def diff(name: str, old: bytes, new: bytes) -> bytes:
    """The diff of one file; ``name`` is its path with forward slashes.

    No line ``diff --git`` stands above it: git takes the names under one as seen from the top of the
    repository, and in a folder below that says nothing and applies nothing.
    """
    before, after = _lines(old), _lines(new)
    ours, theirs = _quoted(f"a/{name}"), _quoted(f"b/{name}")
    head = f"--- {ours}{_tab(name)}\n+++ {theirs}{_tab(name)}\n"
    body = list(difflib.unified_diff(before, after, n=_CONTEXT))[2:]
    return b"".join([head.encode(), *(_line(text) for text in body)])


def _lines(data: bytes) -> list[str]:
    """Lines with their break, every byte one character; ``\\n`` alone ends a line, as git counts."""
    text = data.decode("latin-1")
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _line(text: str) -> bytes:
    data = text.encode("latin-1")
    return data if data.endswith(b"\n") else data + b"\n\\ No newline at end of file\n"


def _quoted(name: str) -> str:
    """A path as git writes it: in quotes where it holds what would end it."""
    if not any(c in _ESCAPES or ord(c) < 32 for c in name):
        return name
    return '"' + "".join(_ESCAPES.get(c, f"\\{ord(c):03o}" if ord(c) < 32 else c) for c in name) + '"'


def _tab(name: str) -> str:
    # Without it git would take a name with a space to end there.
    return "\t" if " " in name and _quoted(name) == name else ""


def write_all(old: Mapping[Path, bytes], new: Mapping[Path, bytes]) -> None:
    """Writes all files or none; raises GoleakError, and where one has changed since it was read.

    ``old`` are the contents that the new ones were made of.
    """
    partial = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in new}
    done: list[Path] = []
    try:
        for path, data in new.items():
            # To take a file's place needs no leave to write to it; that it is withheld means something.
            if not path.stat().st_mode & 0o222:
                raise GoleakError(f"{path.name} is read-only; nothing was written")
            if path.read_bytes() != old[path]:
                raise GoleakError(f"{path.name} has changed meanwhile; nothing was written")
            partial[path].write_bytes(data)
            shutil.copymode(path, partial[path])
        for path in new:
            os.replace(partial[path], path)
            done.append(path)
    except OSError as error:
        for path in done:
            path.write_bytes(old[path])
        name = error.filename or "a file"
        raise GoleakError(f"{name} cannot be written: {error.strerror}; nothing was written") from None
    finally:
        for path in partial.values():
            with contextlib.suppress(OSError):
                path.unlink()
