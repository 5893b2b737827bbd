"""Source annotated with counts, as pprof's list shows it, on the lines as they are today."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from goleak_lsp.features.tally import Row, Weighted, tally
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.locate import Locator
from goleak_lsp.profile.model import Frame

MARGIN = 5
"""Lines of source around those with a count."""
_WHOLE = 60
"""Lines of a function that is shown whole."""


@dataclass(slots=True)
class Routine:
    """One function and the counts of its lines; ``gone`` are lines of the profile that today's source lacks."""

    function: str
    file: str
    path: Path | None
    flat: int = 0
    cum: int = 0
    lines: dict[int, Row] = field(default_factory=dict)
    gone: dict[int, Row] = field(default_factory=dict)


def routines(weighted: Weighted, pattern: re.Pattern[str], local: Locator, tree: SourceTree) -> list[Routine]:
    """The functions whose name ``pattern`` finds, by name; the sums are those of their lines."""
    rows = tally(weighted, lambda frame: frame if pattern.search(frame.symbol or frame.function) else "")
    found: dict[tuple[str, str], Routine] = {}
    for frame, row in rows.items():
        if not isinstance(frame, Frame):
            continue
        path = local.path(frame)
        name = frame.symbol or frame.function
        routine = found.setdefault((name, frame.file), Routine(name, frame.file, path))
        routine.flat += row.flat
        routine.cum += row.cum
        line = local.line(frame) if path else None
        _add(routine.gone if line is None else routine.lines, line or frame.line, row)
        if path:
            routine.file = tree.relative(path)
    return [found[key] for key in sorted(found)]


def _add(rows: dict[int, Row], line: int, row: Row) -> None:
    known = rows.setdefault(line, Row(""))
    known.flat += row.flat
    known.cum += row.cum


def shown_lines(routine: Routine, file: GoFile) -> Iterator[int]:
    """The lines of source to show: the function if it is short, else what is around the counts."""
    first, last = min(routine.lines), max(routine.lines)
    around = [f for f in file.functions if f.line <= first and last <= f.end_line]
    function = max(around, key=lambda f: f.line, default=None)
    if function is not None and function.end_line - function.line < _WHOLE:
        yield from range(function.line, function.end_line + 1)
        return
    near = {n for line in routine.lines for n in range(line - MARGIN, line + MARGIN + 1)}
    yield from (n for n in sorted(near) if 1 <= n <= len(file.lines.starts))
