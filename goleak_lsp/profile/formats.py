"""Finds the format of some bytes by their content, and decodes them within bounds.

A format is a module that decodes the pieces of a text, or all bytes, to ``(profiles, problems)``;
adding one is a line in ``_TEXTS`` or ``_single``. Decoders are pure: they can run in
another process. They are imported when their turn comes: protobuf's runtime costs 30 ms.
"""

from __future__ import annotations

import importlib
import struct
from itertools import chain
from typing import IO

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile.model import Profile
from goleak_lsp.profile.unpack import GZIP, ZSTD, Unpacked

Decoded = tuple[tuple[Profile, ...], list[str]]

_TEXTS = ("records", "delve", "dump")
"""Modules with ``looks_like(text)`` and ``decode(pieces, line)``; ``line`` is that of the first piece."""

# A pprof message may begin with any of its fields: the tags of fields 1 to 7 and 11 hold bytes,
# the others numbers. Text never has control characters among its first bytes.
_FIRST_TAGS = frozenset(n << 3 | 2 for n in (*range(1, 7), 11)) | frozenset(n << 3 for n in range(7, 15))
_MENTION = b"oroutine"
_CORE = 4
_JSON = (b"{", b"[")
MAX_LINE = 16 << 20
MAX_MESSAGE = 128 << 20
"""Bytes of one protobuf message."""


def decode(data: bytes | IO[bytes]) -> Decoded:
    """The profiles in ``data``, oldest first, and what could not be read of it.

    ``data`` may be compressed, in a log, or in an archive; there is always one profile at least.
    Raises ProfileError, its message a predicate of the source: "is empty".
    """
    unpacked = Unpacked(data)
    if kind := archive(unpacked.head):
        return importlib.import_module("goleak_lsp.profile.archive").decode(unpacked, kind, _member)
    return _single(unpacked)


def _member(data: bytes) -> Decoded:
    """The profiles of one file of an archive, which is no archive itself."""
    unpacked = Unpacked(data)
    if archive(unpacked.head):
        raise ProfileError("is an archive within an archive")
    return _single(unpacked)


def _single(unpacked: Unpacked) -> Decoded:
    head = unpacked.head
    if head[:2] == GZIP or head[:4] == ZSTD:
        raise ProfileError(f"is {'gzip' if head[:2] == GZIP else 'zstd'} within gzip or zstd")
    if is_message(head):
        return importlib.import_module("goleak_lsp.profile.protobuf").decode(unpacked.whole(MAX_MESSAGE))
    if problem := _other(head):
        raise ProfileError(problem)
    return _text(unpacked)


def _text(unpacked: Unpacked) -> Decoded:
    """A dump may stand anywhere in a text; the lines before its first mention are passed over."""
    empty, line, rest = True, 1, b""
    json = unpacked.head.lstrip()[:1] in _JSON
    for piece in unpacked:
        empty = empty and not piece.strip()
        text = rest + piece
        # A JSON document makes sense from its beginning only.
        begun = 0 if json else text.rfind(b"\n") + 1
        if _MENTION in text:
            try:
                profiles, problems = _reader(text, json).decode(chain((text,), unpacked), line)
            except ProfileError as error:
                raise ProfileError(unpacked.problem or str(error)) from None
            return profiles, problems + ([unpacked.problem] if unpacked.problem else [])
        if len(text) - begun > MAX_LINE:
            begun = len(text)
        line += text.count(b"\n", 0, begun)
        rest = text[begun:]
    if unpacked.problem:
        raise ProfileError(unpacked.problem)
    raise ProfileError("is empty" if empty else f"is no goroutine profile{_guess(unpacked.head)}")


def _reader(text: bytes, json: bool):
    """The module for a text: the first that knows it, else the one that looks into other text."""
    if not json:
        for name in _TEXTS:
            module = importlib.import_module(f"goleak_lsp.profile.{name}")
            if module.looks_like(text):
                return module
    return importlib.import_module("goleak_lsp.profile.logs")


def is_message(head: bytes) -> bool:
    """Whether a protobuf message begins so."""
    return head[:1] != b"" and head[0] in _FIRST_TAGS and any(byte < 9 for byte in head[:64])


def archive(head: bytes) -> str | None:
    """The kind of archive, ``tar`` or ``zip``, that begins so; None for all else."""
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    return "tar" if head[257:262] == b"ustar" else None


def _other(head: bytes) -> str | None:
    """Why this is no text at all, with what to do where it holds goroutines all the same."""
    if head[:4] == b"\x7fELF" and len(head) > 18:
        kind = struct.unpack(">H" if head[5] == 2 else "<H", head[16:18])[0]
        if kind == _CORE:
            return (
                "is a core file: `dlv core PROGRAM CORE`, and there `goroutines -t`, "
                "prints its goroutines; save that as text and read it"
            )
        return "is a program, not a goroutine profile"
    if head[:3] == b"go " and b" trace\0" in head[:16]:
        return "is an execution trace, not a goroutine profile"
    return "is no goroutine profile" if b"\0" in head[:4096] else None


def _guess(head: bytes) -> str:
    head = head[:512].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html")):
        return ": it is a web page"
    if head.startswith(b"go1.") or b"heap profile" in head:
        return ": it is another kind of profile"
    return ""
