"""The hover page of a place: counts, evidence, call stacks; Markdown without HTML or links."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.features.words import WAITS, goroutines, reasoning, title, verdict
from goleak_lsp.placing.placement import FUNCTION, NONE, Placement
from goleak_lsp.profile.model import Frame, Sample
from goleak_lsp.text import printable

MAX_STACKS = 3
_MAX_FRAMES = 12

Locate = Callable[[Frame], str | None]
"""The user's file (relative) that a frame stands in, or None for libraries."""


def hover(findings: Sequence[Finding], locate: Locate) -> str:
    """The page of all findings at one line."""
    return "\n\n---\n\n".join(_page(finding, locate) for finding in findings)


def plain(page: str) -> str:
    """A page for editors that show no Markdown."""
    without_marks = "\n".join(line for line in page.split("\n") if not line.startswith("```")).replace("**", "")
    return re.sub(r"\\([^\w\s])", r"\1", without_marks)


def _page(finding: Finding, locate: Locate) -> str:
    parts = [f"**{escape(title(finding))}** ({escape(WAITS[finding.kind])})", escape(_sentence(finding))]
    if because := reasoning(finding):
        parts.append(escape(because))
    if matched := _matched(finding.placement):
        parts.append(escape(matched))
    if finding.related:
        parts.append("\n".join(f"- {escape(r.text)}: {escape(r.path.name)}:{r.line}" for r in finding.related[:8]))
    shown = finding.samples[:MAX_STACKS]
    parts += [_stack(sample, locate, finding) for sample in shown]
    if len(finding.samples) > MAX_STACKS:
        rest = sum(s.count for s in finding.samples[MAX_STACKS:])
        parts.append(f"and {goroutines(rest)} with {len(finding.samples) - MAX_STACKS} other stacks")
    return "\n\n".join(parts)


def _matched(placement: Placement) -> str:
    """What the place is known by, and what of it is not known."""
    sentences = []
    if placement.confidence == FUNCTION:
        lines = ", ".join(map(str, placement.candidates))
        sentences.append(f"In this function: {placement.reason}.{f' It may be line {lines}.' if lines else ''}")
    if placement.confidence == NONE and placement.reason:
        sentences.append(f"The place itself: {placement.reason}.")
    if placement.commit:
        sentences.append(f"The profile was matched with the source of {placement.commit}.")
    return " ".join(sentences)


def _sentence(finding: Finding) -> str:
    text = verdict(finding)
    minutes = max((s.wait_minutes or 0 for s in finding.samples), default=0)
    waited = f" Blocked for at least {minutes} minutes." if minutes else ""
    history = f" Counts so far: {', '.join(map(str, finding.series[-8:]))}." if len(finding.series) > 1 else ""
    return f"{text[0].upper()}{text[1:]}.{waited}{history}"


def _stack(sample: Sample, locate: Locate, finding: Finding) -> str:
    rows, hidden = [], 0
    for frame in sample.stack:
        file = locate(frame)
        if file is None or len(rows) >= _MAX_FRAMES:
            hidden += 1
            continue
        rows.append(f"{_code(frame.function)}\n    {_code(file)}:{frame.line}")
    if not rows:
        rows = [f"{_code(f.function)}\n    {_code(f.file)}:{f.line}" for f in sample.stack[:_MAX_FRAMES]]
        hidden = len(sample.stack) - len(rows)
    if hidden:
        rows.append(f"… {hidden} more frames of libraries and the runtime")
    if origin := sample.created_by:
        file = locate(origin) or origin.file
        rows.append(f"started by {_code(origin.function)}\n    {_code(file)}:{origin.line}")
    head = f"{goroutines(sample.count)} with this stack:" if len(finding.samples) > 1 else "Stack:"
    labels = "".join(f"\n\nLabels: {escape(f'{k}={v}')}" for k, v in sample.labels[:4])
    return head + "\n\n```text\n" + "\n".join(rows) + "\n```" + labels


def _code(text: str) -> str:
    """Text that cannot end a fenced block."""
    return printable(text, 300).replace("```", "'''")


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join("\\" + c if c in "\\`*_{}[]()<>#+!|~&" else c for c in printable(text, 2000))
