"""Modules as mappings of paths to lines, and the operations in them that goroutines wait in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from goleak_lsp.golang.syntax import Function, GoFile, Operation

Files = dict[str, bytes]
"""The Go files of a module: paths below its root, with forward slashes."""

_CHANNEL = re.compile(r"(?i)(ch|chan|events|queue|done|jobs|c)$")
_CALLS = re.compile(r"\.(Read|Write|Accept|Do|Recv|Wait|Next|Close|Send|Dial\w*|Flush|Sleep)$")
_KINDS = {
    "chan-send": "chan-send",
    "chan-receive": "chan-receive",
    "chan-range": "chan-receive",
    "select": "select",
    "select-empty": "select-empty",
    "mutex-lock": "mutex-lock",
    "rwmutex-rlock": "rwmutex-rlock",
    "wait": "waitgroup-wait",
}


@dataclass(frozen=True)
class Blocked:
    """An operation that a goroutine of the old program waits in: where, and in what.

    ``kind`` is the profile's; ``callee`` the library function that is called, if one is.
    """

    path: str
    function: Function
    operation: Operation
    kind: str
    callee: str = ""

    @property
    def line(self) -> int:
        return self.operation.line


def go_files(root: Path) -> Files:
    """The Go files below a folder that a build would take."""
    found = {}
    for path in sorted(root.rglob("*.go")):
        name = path.relative_to(root).as_posix()
        if not re.search(r"(^|/)(vendor|testdata|_\w+)/|_test\.go$|\.pb\.go$", name):
            found[name] = path.read_bytes()
    return found


def blocked_in(files: Mapping[str, GoFile]) -> list[Blocked]:
    """Everything in a module that a goroutine could be seen in."""
    return [b for path, file in files.items() for b in _of_file(path, file)]


def root_of(file: GoFile, function: Function) -> Function:
    """The declared function that a function is or lies in."""
    while function.outer is not None:
        function = file.functions[function.outer]
    return function


def _of_file(path: str, file: GoFile) -> list[Blocked]:
    found = []
    for op in file.operations:
        if op.in_select or op.deferred or op.has_default or op.kind not in _KINDS:
            continue
        if op.kind == "chan-range" and not _CHANNEL.search(op.operand):
            continue
        found.append(Blocked(path, file.functions[op.function], op, _KINDS[op.kind]))
    told = {(b.line, b.function.index) for b in found}
    for line in range(1, len(file.lines.starts) + 1):
        for call in [c for c in file.calls_on_line(line) if not c.deferred][:1]:
            name = _CALLS.search(call.operand)
            if name and (line, call.function) not in told:
                found.append(Blocked(path, file.functions[call.function], call, "io-wait", name[1]))
    return found
