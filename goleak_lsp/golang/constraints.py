"""Build constraints: whether a file is part of what ``go build`` builds on this machine.

As the go command decides it: by the end of the file's name and by its ``//go:build`` line, for
GOOS, GOARCH and the ``-tags`` of the environment. A constraint that cannot be read excludes nothing.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from goleak_lsp.golang.environment import go_variable

_UNIX = "aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris"
_OTHERS = "js nacl plan9 wasip1 windows zos"
_MACHINE_NAMES = """
386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le
ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm
"""
_SYSTEMS = frozenset(f"{_UNIX} {_OTHERS}".split())
_MACHINES = frozenset(_MACHINE_NAMES.split())
_SPELLED = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i386": "386", "i686": "386"}
_LINE = re.compile(r"//go:build[ \t]+(.+)")
_TOKEN = re.compile(r"&&|\|\||[!()]|[\w.]+")
_MAX_HEAD = 1 << 16


def excluding(path: Path, data: bytes) -> str:
    """The constraint that keeps a file out of the build on this machine; empty where none does."""
    named = _named(path)
    if not all(map(_holds, named)):
        return "_".join(["", *named])
    line = _constraint(data)
    return line if line and not _Expression(line).holds() else ""


def constraint_of(path: Path, data: bytes) -> str:
    """All that a file is built under, as one expression; empty where it is always built."""
    named, line = _named(path), _constraint(data)
    whole = f"({line})" if named and "||" in line else line
    return " && ".join([*named, *([whole] if whole else [])])


def _named(path: Path) -> list[str]:
    """The system and the machine that the end of a file's name says."""
    words = path.name.removesuffix(".go").removesuffix("_test").split("_")[1:]
    named = [word for word in words[-2:] if word in _SYSTEMS or word in _MACHINES]
    # Of two words the first counts as a system only, and only before a machine.
    if len(named) == 2 and not (named[0] in _SYSTEMS and named[1] in _MACHINES):
        named = named[1:]
    return named if named and named[-1] == words[-1] else []


def _constraint(data: bytes) -> str:
    """The expression of the ``//go:build`` line, which stands before the package clause."""
    in_comment = False
    for row in data[:_MAX_HEAD].decode("utf-8", "replace").split("\n"):
        row = row.strip()
        if in_comment or row.startswith("/*"):
            in_comment = "*/" not in row
        elif found := _LINE.fullmatch(row):
            return found[1].strip()
        elif row and not row.startswith("//"):
            return ""
    return ""


class _Expression:
    """One expression of tags with ``!``, ``&&``, ``||`` and parentheses."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.at = 0

    def holds(self) -> bool:
        value = self._either()
        return value or self.at < len(self.tokens)

    def _next(self, *wanted: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] in wanted:
            self.at += 1
            return True
        return False

    def _either(self) -> bool:
        value = self._both()
        while self._next("||"):
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._next("&&"):
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if self._next("!"):
            return not self._one()
        if self._next("("):
            value = self._either()
            self._next(")")
            return value
        tag = self.tokens[self.at] if self.at < len(self.tokens) else ""
        self.at += 1
        return _holds(tag)


def _holds(tag: str) -> bool:
    system, machine = _system(), _machine()
    if tag in _SYSTEMS:
        return tag == system or (tag, system) in (("linux", "android"), ("solaris", "illumos"), ("darwin", "ios"))
    if tag in _MACHINES:
        return not machine or tag == machine
    if tag == "unix":
        return system in _UNIX.split()
    if tag == "cgo":
        return go_variable("CGO_ENABLED") != "0"
    # Which release is at hand is for the go command to say.
    return tag == "gc" or tag.startswith("go1.") or tag in _tags()


def _system() -> str:
    names = {"win32": "windows", "cygwin": "windows"}
    return go_variable("GOOS") or names.get(sys.platform, re.sub(r"\d+$", "", sys.platform))


def _machine() -> str:
    """The machine as Go calls it; empty where that is not known."""
    given = go_variable("GOARCH")
    if given:
        return given
    name = os.uname().machine if hasattr(os, "uname") else os.environ.get("PROCESSOR_ARCHITECTURE", "")
    return _SPELLED.get(name.lower(), name if name in _MACHINES else "")


def _tags() -> list[str]:
    found = re.findall(r"(?:^|\s)--?tags[= ](\S+)", go_variable("GOFLAGS"))
    return [tag for each in found for tag in each.strip("'\"").split(",")]
