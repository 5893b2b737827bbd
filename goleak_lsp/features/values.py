"""What editors are told, as plain values: byte offsets, no protocol types."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.text import Edit


class Severity(Enum):
    """How loudly a diagnostic speaks; the values are those of the settings."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


class Diagnostic(Frozen):
    """A finding on the bytes ``start`` to ``end`` of today's text."""

    id: str
    start: int
    end: int
    message: str
    severity: Severity
    code: str
    placed: str


class Lens(Frozen):
    """A title above the line of the byte ``at``."""

    at: int
    title: str


class Hint(Frozen):
    """A label at the end of the line of the byte ``at``."""

    at: int
    label: str
    tooltip: str


class Action(Frozen):
    """A quick fix for the finding ``id``: the edits of every file that it changes."""

    id: str
    title: str
    changes: tuple[tuple[Path, tuple[Edit, ...]], ...]
    preferred: bool


LEAK_TEST, MAKE_TESTABLE = "goleak.leakTest", "refactor.rewrite.goleak.makeTestable"
"""Kinds of actions that help to test."""


class Testing(Frozen):
    """What helps to test the code of the finding ``id``.

    ``kind`` is the action's, ``created`` a file that is new, ``at`` another byte on whose line it is shown;
    ``refused`` says why there is none.
    """

    id: str
    kind: str
    title: str
    changes: tuple[tuple[Path, tuple[Edit, ...]], ...]
    created: Path | None = None
    at: int | None = None
    refused: str = ""
