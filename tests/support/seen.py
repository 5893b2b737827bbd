"""What the markers of a source expect to be seen, and how that is compared with what is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from support.markers import Marker, markers


@dataclass(frozen=True)
class Seen:
    """A diagnostic: its line from 1, code, severity, message, and the text where its range begins."""

    line: int
    code: str
    severity: str
    message: str
    at: str


def wanted(source: bytes, verb: str, form: str) -> list[Marker]:
    """The markers of one verb that hold for a form of the profile."""
    return [m for m in markers(source) if m.verb == verb and m.get("form", form) == form]


def lenses(source: bytes, form: str) -> Counter:
    """Lines from 1 and the titles of lenses, or of hints."""
    return Counter((m.line, title) for m in wanted(source, "lens", form) for title in m.arguments)


def unmatched(source: bytes, form: str, seen: Iterable[Seen]) -> list[str]:
    """What was expected and not seen, and what was seen and not expected; empty where all agrees."""
    open_, extra = wanted(source, "diagnostic", form), []
    for diagnostic in seen:
        found = next((m for m in open_ if _matches(m, diagnostic)), None)
        if found is None:
            extra.append(f"not expected: {diagnostic}")
        else:
            open_.remove(found)
    return [f"not seen: line {m.line} {m.arguments}" for m in open_] + extra


def _matches(marker: Marker, seen: Seen) -> bool:
    code, severity, message = marker.arguments
    return (
        (marker.line, code, severity) == (seen.line, seen.code, seen.severity)
        and seen.message.startswith(message)
        and "\n" not in seen.message
        and seen.at.startswith(marker.get("at", ""))
    )
