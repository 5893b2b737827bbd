"""What editors are told, as plain values: byte offsets, no protocol types."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from goleak_lsp.text import Edit


class Severity(Enum):
    """How loudly a diagnostic speaks; the values are those of the settings."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding on the bytes ``start`` to ``end`` of today's text."""

    id: str
    start: int
    end: int
    message: str
    severity: Severity
    code: str
    placed: str


@dataclass(frozen=True, slots=True)
class Lens:
    """A title above the line of the byte ``at``."""

    at: int
    title: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A label at the end of the line of the byte ``at``."""

    at: int
    label: str
    tooltip: str


@dataclass(frozen=True, slots=True)
class Action:
    """A quick fix for the finding ``id``: the edits of every file that it changes."""

    id: str
    title: str
    changes: tuple[tuple[Path, tuple[Edit, ...]], ...]
    preferred: bool
