"""Findings where they stand in the editor now, and what is shown there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from goleak_lsp.analysis.findings import STRENGTH, Finding
from goleak_lsp.features.values import Action, Diagnostic, Hint, Lens, Severity
from goleak_lsp.features.words import message, title
from goleak_lsp.fixes.model import Offer
from goleak_lsp.fixes.registry import MAX_OFFERS
from goleak_lsp.fixes.verify import Result, Verdict
from goleak_lsp.frozen import Frozen
from goleak_lsp.placing.place import FUNCTION
from goleak_lsp.settings import Settings
from goleak_lsp.text import LineIndex, printable

MAX_LENSES_PER_LINE = 3


class Marked(Frozen):
    """A finding and the bytes that it stands on in the text as it is now."""

    finding: Finding
    start: int
    end: int


class Counted(Frozen):
    """Words about goroutines that no finding speaks of, at the byte ``start`` of the text as it is now."""

    start: int
    count: int
    title: str
    tooltip: str = ""


Offers = Callable[[Marked], list[Offer]]
"""The fixes that are offered for a finding."""


def diagnostics(marked: Iterable[Marked], lines: LineIndex, settings: Settings) -> list[Diagnostic]:
    """One diagnostic a finding, on the first line of its operation."""
    levels = {evidence: _severity(settings, evidence) for evidence in STRENGTH}
    found = []
    for finding, start, end in marked:
        level = levels[finding.evidence]
        if level is not None:
            end = max(min(end, lines.end(lines.line_of(start))), start)
            confidence = finding.placement.confidence
            found.append(Diagnostic(finding.id, start, end, message(finding), level, finding.kind, confidence))
    return found


def _severity(settings: Settings, evidence: str) -> Severity | None:
    """How loudly findings of that evidence speak; None for not at all."""
    level = getattr(settings.severity, evidence)
    return None if level == "off" else Severity(level)


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
    """The same words at the ends of lines, with a sentence about them."""
    return [Hint(start, words, _sentence(of)) for start, words, of in _shown(marked, counted, settings)]


def _shown(
    marked: Iterable[Marked], counted: Iterable[Counted], settings: Settings
) -> Iterator[tuple[int, str, Marked | Counted]]:
    """Where, the words, and what they are about."""
    least = settings.codeLens.minimum
    for mark in marked:
        # A line that is only likely to blame is not where the goroutines are.
        if mark.finding.count >= least and mark.finding.placement.path is not None:
            yield mark.start, title(mark.finding), mark
    for place in counted:
        if place.count >= least:
            yield place.start, place.title, place


def _sentence(of: Marked | Counted) -> str:
    if isinstance(of, Marked):
        return message(of.finding)
    return of.tooltip or f"{of.title}, and nothing is known against them"


def actions(marked: Iterable[Marked], offers: Offers, judge: Callable[[Offer], Verdict | None]) -> list[Action]:
    """Quick fixes in the text as it is now, those for the strongest finding first.

    ``judge`` gives the verdict on an offer, None while there is none. What does not build is left
    out, and what gopls offers too; what could not be built says so, and only the first safe one
    that is good is preferred.
    """
    found: dict[str, Action] = {}
    preferred = False
    for mark in marked:
        for offer in offers(mark) if mark.finding.placement.confidence != FUNCTION else ():
            verdict = judge(offer)
            result = verdict.result if verdict else None
            if offer.title in found or result is Result.BAD or offer.of_gopls:
                continue
            best = not preferred and offer.safe and result is Result.GOOD
            preferred |= best
            doubt = f" (not verified: {_short(verdict)})" if result is Result.UNKNOWN else ""
            found[offer.title] = Action(mark.finding.id, offer.title + doubt, offer.changes, best)
    # What is preferred stays, whatever comes before it.
    ranked = list(found.values())
    return ranked if len(ranked) <= MAX_OFFERS else sorted(ranked, key=lambda a: not a.preferred)[:MAX_OFFERS]


def _short(verdict: Verdict) -> str:
    return printable(verdict.reasons[0] if verdict.reasons else "not built", 100)
