"""What loggers put before a line: times, levels, names of pods and units.

A prefix is learned from the lines where a dump's header stands in the line's middle: times in it
may differ from line to line, the rest says whose line it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from goleak_lsp.frozen import Frozen

MAX_PREFIXES = 64
MAX_PREFIX = 400

_TIME = (
    rb"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
    rb"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?|\d{10}\.\d{3,9}"
)
_TIMES = re.compile(_TIME)
_CRI = re.compile(rb"[^{}]{0,200}?\d[Z0-9] (?:stdout|stderr) [FP] ")
_PART = re.compile(rb"[FP] $")
_ISO = re.compile(rb"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)")
_COLOUR = re.compile(rb"\x1b\[[0-9;]{0,16}m")


class Payload(Frozen):
    """A line without its prefix; ``key`` says whose it is, ``partial`` that the next continues it."""

    text: bytes
    key: str = ""
    time: int | None = None
    partial: bool = False


class Prefixes:
    """The prefixes of one log, learned while it is read."""

    def __init__(self) -> None:
        self._known: dict[str, re.Pattern[bytes]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def split(self, line: bytes, find: Callable[[bytes], re.Match[bytes] | None]) -> Payload:
        """``line`` without the prefix; a new prefix is learned where ``find`` sees a header behind it."""
        if b"\x1b" in line:
            line = _COLOUR.sub(b"", line)
        if (found := self._matched(line)) is not None:
            return found
        start = 0
        if cri := _CRI.match(line):
            start = cri.end()
        elif match := find(line):
            start = match.start()
        if start:
            self._learn(line[:start])
            return self._matched(line) or Payload(line[start:])
        return Payload(line)

    def _matched(self, line: bytes) -> Payload | None:
        for key, pattern in self._known.items():
            if match := pattern.match(line):
                # Container runtimes mark the parts of lines that were longer than their buffer.
                partial = match[0].endswith(b" P ")
                return Payload(line[match.end() :], key, nanoseconds(match[0]), partial)
        return None

    def _learn(self, prefix: bytes) -> None:
        if len(prefix) > MAX_PREFIX or len(self._known) >= MAX_PREFIXES:
            return
        fixed = _PART.sub(b"", prefix)
        parts = _TIMES.split(fixed)
        flag = rb"[FP] " if fixed != prefix else b""
        whole = _joined(parts) + flag
        # Empty lines lose the spaces at their end.
        parts[-1] = parts[-1].rstrip(b" ")
        bare = _joined(parts) + (b" [FP]" if flag else b"")
        key = b" ".join(b"".join(parts).split()).decode("utf-8", "replace")
        self._known.setdefault(key or "-", re.compile(b"(?:" + whole + b"|" + bare + b" *$)"))


def _joined(parts: list[bytes]) -> bytes:
    return (b"(?:" + _TIME + b")").join(map(re.escape, parts))


def nanoseconds(text: bytes) -> int | None:
    """The first time with a zone in ``text``, in nanoseconds since 1970; None without one."""
    match = _ISO.search(text[:MAX_PREFIX])
    if not match:
        return None
    zone = match[4].replace(b"Z", b"+00:00").decode()
    try:
        moment = datetime.fromisoformat(f"{match[1].decode()}T{match[2].decode()}{zone}")
        seconds = int(moment.astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        return None
    return seconds * 10**9 + int((match[3] or b"0").ljust(9, b"0")) if seconds > 0 else None
