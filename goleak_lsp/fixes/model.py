"""What a quick fix is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from goleak_lsp.golang.syntax import Function, GoFile, Operation
from goleak_lsp.text import Edit


@dataclass(frozen=True, slots=True)
class Target:
    """A blocked operation with evidence against it, in today's source."""

    path: Path
    file: GoFile
    function: Function
    operation: Operation
    kind: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One edit of one file that ends the leak.

    ``title`` says what changes and what it costs; ``safe`` is what `leaks.md` calls SAFE:
    only a safe offer may be preferred.
    """

    fix: str
    title: str
    path: Path
    edits: tuple[Edit, ...]
    safe: bool
