"""Whether Go builds a file on this system: its ``//go:build`` line and the system in its name."""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path

from goleak_lsp.golang.syntax import GoFile

_SYSTEMS = frozenset((
    "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd",
    "plan9", "solaris", "wasip1", "windows",
))  # fmt: skip
_MACHINES = frozenset((
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x", "wasm",
))  # fmt: skip
_NOT_UNIX = ("js", "plan9", "wasip1", "windows")
_NAMES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i686": "386"}

_LINE = re.compile(rb"^//go:build[ \t]+(.*)$", re.MULTILINE)
_WORDS = re.compile(r"&&|\|\||[!()]|[\w.]+")


def is_built(path: Path, file: GoFile) -> bool:
    """Whether ``go build`` without tags takes the file, for GOOS and GOARCH as they are set or the system is."""
    named = [part for part in path.stem.removesuffix("_test").split("_")[1:][-2:] if part in _SYSTEMS | _MACHINES]
    if any(part not in _here() for part in named):
        return False
    line = _LINE.search(file.data[: _clause(file)])
    return line is None or _either(_WORDS.findall(line[1].decode("utf-8", "replace")), _here())


@cache
def _here() -> frozenset[str]:
    """The tags that hold on this system."""
    # Few files ask, and starts are cheaper without it.
    import platform

    system = os.environ.get("GOOS") or {"win32": "windows"}.get(sys.platform, sys.platform)
    machine = os.environ.get("GOARCH") or _NAMES.get(platform.machine().lower(), platform.machine())
    return frozenset((system, machine, "cgo", "gc", *(() if system in _NOT_UNIX else ("unix",))))


def _clause(file: GoFile) -> int:
    """Where the package clause begins."""
    return next((n.start_byte for n in file.root.named_children if n.type == "package_clause"), 0)


def _either(words: list[str], tags: frozenset[str]) -> bool:
    found = _both(words, tags)
    while words and words[0] == "||":
        words.pop(0)
        found = _both(words, tags) or found
    return found


def _both(words: list[str], tags: frozenset[str]) -> bool:
    found = _one(words, tags)
    while words and words[0] == "&&":
        words.pop(0)
        found = _one(words, tags) and found
    return found


def _one(words: list[str], tags: frozenset[str]) -> bool:
    word = words.pop(0) if words else ""
    if word == "!":
        return not _one(words, tags)
    if word == "(":
        found = _either(words, tags)
        del words[:1]
        return found
    return word in tags or word.startswith("go1.")
