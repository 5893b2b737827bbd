"""The report of `check --format json` and `goleak.top`, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.analysis.ignoring import Ignored, user_frame
from goleak_lsp.analysis.related import Related
from goleak_lsp.features.words import message
from goleak_lsp.fixes.registry import offers
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.locate import Locator
from goleak_lsp.profile.model import Frame, Profile
from goleak_lsp.text import printable

VERSION = 1


def report(
    sources: Sequence[tuple[str, Profile]],
    findings: Sequence[Finding],
    problems: Sequence[tuple[str, str]],
    tree: SourceTree,
    *,
    ignored: Sequence[Ignored] = (),
    accepted: Sequence[tuple[Finding, date | None]] = (),
    unmatched: Sequence[str] = (),
) -> dict:
    """The whole report; ``sources`` are (name as given, profile), ``problems`` (source, message).

    Accepted findings have the shape of the others and the last day of acceptance beside it;
    ``unmatched`` are accepted ids that match nothing.
    """
    local = Locator((profile for _, profile in sources), tree)
    return {
        "version": VERSION,
        "sources": [_source(name, profile) for name, profile in sources],
        "findings": [_finding(finding, local, tree) for finding in findings],
        "problems": [{"source": s, "message": printable(m)} for s, m in problems],
        "ignored": len(ignored),
        "ignored_findings": [_ignored(entry, tree) for entry in ignored],
        "accepted": [_finding(f, local, tree) | {"until": d and d.isoformat()} for f, d in accepted],
        "accepted_unmatched": list(unmatched),
    }


def _source(name: str, profile: Profile) -> dict:
    return {"source": name, "kind": profile.kind, "total": profile.total, "taken_at": when(profile.taken_at)}


def when(nanoseconds: int | None) -> str | None:
    """A time in RFC 3339, UTC, to the second."""
    if nanoseconds is None:
        return None
    return datetime.fromtimestamp(nanoseconds // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _finding(finding: Finding, local: Locator, tree: SourceTree) -> dict:
    placement, sample = finding.placement, finding.samples[0]
    frame = user_frame(finding)
    minutes = [s.wait_minutes for s in finding.samples if s.wait_minutes is not None]
    entry = {
        "id": finding.id,
        "message": message(finding),
        "kind": finding.kind,
        "evidence": finding.evidence,
        "count": finding.count,
        "base_count": finding.base_count,
        "wait_minutes": max(minutes) if minutes else None,
        "function": frame.function,
        "file": tree.relative(placement.path) if placement.path else None,
        "line": placement.line or None,
        "profile_file": frame.file,
        "profile_line": frame.line,
        "placed": placement.confidence,
        "stack": [_stack_entry(f, i, placement, local) for i, f in enumerate(sample.stack)],
        "created_by": _created(sample.created_by),
        "cause": _cause(finding, tree),
        "related": [_related(each, tree) for each in finding.related],
        "labels": _labels(finding),
        "first_seen": when(finding.first_seen),
        "rate_per_minute": finding.rate_per_minute,
        "fixes": [offer.fix for offer in offers(finding, tree)],
    }
    if placement.candidates:
        entry["candidates"] = list(placement.candidates)
    if placement.reason:
        entry["reason"] = printable(placement.reason)
    if placement.commit:
        entry["commit"] = placement.commit
    return entry


def _ignored(entry: Ignored, tree: SourceTree) -> dict:
    finding = entry.finding
    path = finding.placement.path
    return {
        "id": finding.id,
        "kind": finding.kind,
        "evidence": finding.evidence,
        "count": finding.count,
        "function": user_frame(finding).function,
        "file": tree.relative(path) if path else None,
        "line": finding.placement.line or None,
        "reason": printable(entry.reason),
    }


def _stack_entry(frame: Frame, index: int, placement, local: Locator) -> dict:
    here = index == placement.frame and placement.path is not None
    file = local.file(frame)
    line = placement.line if here else local.line(frame) if file else None
    entry = {"function": frame.function, "file": frame.file, "line": frame.line}
    return entry | {"local_file": file, "local_line": line}


def _cause(finding: Finding, tree: SourceTree) -> dict | None:
    cause = finding.cause
    return cause and {"function": cause.function, "file": tree.relative(cause.path), "line": cause.line}


def _related(related: Related, tree: SourceTree) -> dict:
    return {"file": tree.relative(related.path), "line": related.line, "text": printable(related.text)}


def _created(frame: Frame | None) -> dict | None:
    return frame and {"function": frame.function, "file": frame.file, "line": frame.line}


def _labels(finding: Finding) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for key, value in dict.fromkeys(pair for sample in finding.samples for pair in sample.labels):
        values.setdefault(key, []).append(value)
    return values
