"""Findings where they stand in the editor now, and what is shown there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.features.values import Action, Diagnostic, Hint, Lens, Severity
from goleak_lsp.features.words import message, title
from goleak_lsp.fixes.registry import Current, offers_for
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import FUNCTION
from goleak_lsp.settings import Settings
from goleak_lsp.text import LineIndex

MAX_LENSES_PER_LINE = 3


class Marked(NamedTuple):
    """A finding and the bytes that it stands on in the text as it is now."""

    finding: Finding
    start: int
    end: int


class Counted(NamedTuple):
    """A number of goroutines that no finding speaks of, at the byte ``start`` of the text as it is now."""

    start: int
    count: int
    title: str


def diagnostics(marked: Iterable[Marked], lines: LineIndex, settings: Settings) -> list[Diagnostic]:
    """One diagnostic a finding, on the first line of its operation."""
    found = []
    for mark in marked:
        level = getattr(settings.severity, mark.finding.evidence)
        if level == "off":
            continue
        end = min(mark.end, _line_end(lines, mark.start))
        finding = mark.finding
        found.append(
            Diagnostic(
                finding.id, mark.start, max(end, mark.start), message(finding), Severity(level),
                finding.kind, finding.placement.confidence,
            )
        )  # fmt: skip
    return found


def lenses(
    marked: Iterable[Marked], counted: Iterable[Counted], lines: LineIndex, settings: Settings
) -> list[Lens]:
    """The counts above the lines, those of findings first, at most three a line."""
    if not settings.codeLens.enabled:
        return []
    found: dict[int, list[Lens]] = {}
    for start, words, _ in _shown(marked, counted, settings):
        found.setdefault(lines.line_of(start), []).append(Lens(start, words))
    return [lens for row in found.values() for lens in row[:MAX_LENSES_PER_LINE]]


def hints(marked: Iterable[Marked], counted: Iterable[Counted], settings: Settings) -> list[Hint]:
    """The same words at the ends of lines."""
    return [Hint(*shown) for shown in _shown(marked, counted, settings)]


def _shown(
    marked: Iterable[Marked], counted: Iterable[Counted], settings: Settings
) -> Iterator[tuple[int, str, str]]:
    """Where, the words, and a sentence about them."""
    least = settings.codeLens.minimum
    for mark in marked:
        # A line that is only likely to blame is not where the goroutines are.
        if mark.finding.count >= least and mark.finding.placement.path is not None:
            yield mark.start, title(mark.finding), message(mark.finding)
    for place in counted:
        if place.count >= least:
            yield place.start, place.title, f"{place.title}, and nothing is known against them"


def actions(marked: Iterable[Marked], file: GoFile, tree: SourceTree, current: Current) -> list[Action]:
    """Quick fixes in the text as it is now; only the first safe one of all is preferred."""
    found: list[Action] = []
    for mark in marked:
        if mark.finding.placement.confidence == FUNCTION:
            continue
        for offer in offers_for(mark.finding, file, mark.start, tree, current):
            titled = {action.title for action in found}
            if offer.title not in titled:
                found.append(Action(mark.finding.id, offer.title, offer.changes, offer.safe))
    first = next((i for i, action in enumerate(found) if action.preferred), None)
    return [a._replace(preferred=i == first) for i, a in enumerate(found)]


def _line_end(lines: LineIndex, offset: int) -> int:
    return lines.end(lines.line_of(offset))
