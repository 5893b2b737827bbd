"""Findings that a gate knows and lets pass: a file of ids, each with a date of expiry if wanted.

One finding a line, `ID [YYYY-MM-DD] [# comment]`, so that changes read well in a review.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.frozen import Frozen
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.text import printable

HEADER = """\
# Goroutine leaks that are accepted: they are reported and do not fail. One a line:
# ID [YYYY-MM-DD, the last day on which it is accepted]  # what it was
"""
_LINE = re.compile(r"^([0-9A-Za-z_.:-]{1,100})(?:\s+(\d{4}-\d\d-\d\d))?\s*(?:#.*)?$", re.ASCII)
_MAX_ENTRIES = 100_000


class Accepted(Frozen):
    """One entry: an id, and the last day on which it is accepted, None for ever."""

    id: str
    until: date | None


def parse(text: str) -> tuple[list[Accepted], list[str]]:
    """The entries of a file, and what in it is none."""
    entries, problems = [], []
    for number, line in enumerate(text.splitlines()[:_MAX_ENTRIES], 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        entry = _entry(line)
        if entry is None:
            problems.append(f"line {number} is no 'ID [YYYY-MM-DD]': {printable(line, 60)}")
        else:
            entries.append(entry)
    return entries, problems


def _entry(line: str) -> Accepted | None:
    match = _LINE.match(line)
    if not match:
        return None
    try:
        return Accepted(match[1], date.fromisoformat(match[2]) if match[2] else None)
    except ValueError:
        return None


def set_apart(
    findings: Sequence[Finding], entries: Iterable[Accepted], today: date
) -> tuple[list[Finding], list[tuple[Finding, date | None]], list[str], list[str]]:
    """The findings that count; those accepted, with the last day; ids whose day is past though
    the finding is there; and ids that match nothing."""
    # Of two entries for one id, the one that lasts longer counts.
    known: dict[str, date | None] = {}
    for entry in entries:
        earlier = known.get(entry.id, date.min)
        known[entry.id] = None if entry.until is None or earlier is None else max(entry.until, earlier)
    kept, accepted, expired = [], [], []
    for finding in findings:
        until = known.get(finding.id, date.min)
        if until is None or until >= today:
            accepted.append((finding, until))
            continue
        kept.append(finding)
        if finding.id in known:
            expired.append(finding.id)
    there = {finding.id for finding in findings}
    return kept, accepted, expired, [name for name in known if name not in there]


def text_of(findings: Iterable[Finding], entries: Iterable[Accepted], tree: SourceTree) -> str:
    """The file that accepts ``findings``; the days of ``entries`` are kept."""
    until = {entry.id: entry.until for entry in entries}
    lines = []
    for finding in sorted(findings, key=lambda f: f.id):
        placement = finding.placement
        where = f"{tree.relative(placement.path)}: " if placement.path else ""
        day = until.get(finding.id)
        what = printable(f"{where}{finding.evidence} {finding.kind} in {placement.anchor.function}", 200)
        lines.append(f"{finding.id}{f' {day}' if day else ''}  # {what}\n")
    return HEADER + "".join(lines)
