"""What placing answers: an anchor in the content, and where that anchor stands at the moment."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.syntax import Function, GoFile, Operation

EXACT, MOVED, FUNCTION, NONE = "exact", "moved", "function", "none"


class Anchor(Frozen):
    """What does not change when lines move: the file (relative to the root), the function's
    name without its package, and the operation's text with its ordinal among equals."""

    file: str
    function: str
    operation: str

    @property
    def id(self) -> str:
        """A short name for it, stable over runs, formats and counts."""
        return _digest("\0".join((self.file, self.function, self.operation)))


@lru_cache(maxsize=1 << 16)
def _digest(text: str) -> str:
    # Only what is kept or sent has need of ids, and this takes 3 ms to import.
    import hashlib

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


PlaceKey = tuple[Anchor, str]
"""An anchor and the kind of blocking: what two snapshots are compared by."""


class Placement(Frozen):
    """Where one stack stands today. ``frame`` indexes the stack's frame that is the user's.

    ``line`` is 0 and ``path`` None for ``none``; ``span`` is the operation's or the
    ``func`` line's bytes; ``reason`` says in a few words why the place is not sure.
    ``commit`` names the tag or commit that the profile was matched with, if one was.
    """

    confidence: str
    kind: str
    frame: int | None
    anchor: Anchor
    path: Path | None = None
    line: int = 0
    span: tuple[int, int] = (0, 0)
    candidates: tuple[int, ...] = ()
    reason: str = ""
    operation: Operation | None = None
    commit: str = ""

    @property
    def key(self) -> PlaceKey:
        """What is counted together."""
        return self.anchor, self.kind


def operation_text(file: GoFile, function: Function, operation: Operation) -> str:
    """The operation's own text without white space, and its number among equals."""
    text = _squeezed(file, operation)
    if operation.kind in ("call", "line"):
        same = [operation.start]
        if operation.kind == "call":
            lines = range(function.line, function.end_line + 1)
            calls = (op for line in lines for op in file.calls_on_line(line))
            same = [op.start for op in calls if op.function == function.index and _squeezed(file, op) == text]
    else:
        same = [
            op.start for op in file.operations
            if op.function == function.index and op.kind == operation.kind and _squeezed(file, op) == text
        ]  # fmt: skip
    number = same.index(operation.start) if operation.start in same else 0
    return f"{operation.kind}:{text}:{number}"


def _squeezed(file: GoFile, operation: Operation) -> str:
    text = operation.operand or file.data[operation.start : operation.end].decode("utf-8", "replace")
    return "".join(text.split())[:200]
