"""What becomes of findings: fixes that were made and do not run yet, and places that have drained."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from goleak_lsp.analysis.analyse import Survey
from goleak_lsp.analysis.findings import Finding
from goleak_lsp.analysis.ignoring import user_frame
from goleak_lsp.features.marked import Counted, Marked
from goleak_lsp.features.words import goroutines
from goleak_lsp.placing.marks import Drift
from goleak_lsp.placing.place import EXACT, MOVED
from goleak_lsp.profile.model import Profile
from goleak_lsp.server.documents import Document
from goleak_lsp.text import Edit, apply_edits

SHOWN_SECONDS = 600.0
"""How long a place that has drained is shown."""

_TRIES = 10
"""Changes of a document after which an offered fix is taken for refused."""

OLD = "the running program is still the old one"


@dataclass
class _Offered:
    """The fixes that were offered in one text of a document: their edits, and the findings that they answer."""

    text: bytes
    fixes: dict[tuple[Edit, ...], list[Marked]]
    tries: int = _TRIES


@dataclass
class Note:
    """A word about the finding ``id`` at the byte ``at`` of the text that ``drift`` follows."""

    id: str
    count: int
    title: str
    document: Document
    drift: Drift
    at: int
    gone_at: float | None = None


class Aftermath:
    """Follows findings beyond their end. Only the event loop asks and changes it."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self._offered: dict[Path, _Offered] = {}
        self._sources: object = None

    def offered(self, document: Document, fixes: Iterable[tuple[list[Marked], tuple[Edit, ...]]]) -> None:
        """Remembers what was offered, to know it when it is made."""
        known = self._offered.get(document.path)
        before = known.fixes if known is not None and known.text == document.data else {}
        now = {edits: marks for marks, edits in fixes if marks and edits}
        self._offered[document.path] = _Offered(document.data, before | now)

    def edited(self, document: Document) -> None:
        """Looks whether the newest change was one of the fixes that were offered."""
        offered = self._offered.get(document.path)
        if offered is None:
            return
        offered.tries -= 1
        if not offered.tries:
            del self._offered[document.path]
        for edits, marks in offered.fixes.items():
            grown = sum(len(edit.text.encode()) - (edit.end - edit.start) for edit in edits)
            if len(offered.text) + grown == len(document.data) and apply_edits(offered.text, edits) == document.data:
                self._offered.pop(document.path, None)
                for mark in marks:
                    self._made(document, mark, edits)
                return

    def _made(self, document: Document, mark: Marked, edits: Sequence[Edit]) -> None:
        near = min(edits, key=lambda edit: max(edit.start - mark.start, mark.start - edit.end, 0))
        before = sum(len(e.text.encode()) - (e.end - e.start) for e in edits if e.start < near.start)
        at = near.start + before + len(near.text) - len(near.text.lstrip())
        # Where the operation is still there, the finding speaks for itself.
        replaced, count = near.start <= mark.start < near.end, mark.finding.count
        title = f"{goroutines(count)} blocked here: {OLD}" if replaced else OLD
        self.notes = [note for note in self.notes if note.id != mark.finding.id]
        self.notes.append(Note(mark.finding.id, count, title, document, document.follow(), at))

    def analysed(
        self,
        before: Survey,
        after: Survey,
        ids: set[str],
        live: Sequence[Profile],
        sources: object,
        marks: list[tuple[Marked, Document]],
    ) -> list[Finding]:
        """Takes note of what an analysis shows; the findings whose place has drained since the one before.

        ``ids`` are those of all findings, ignored ones too; ``live`` the newest snapshots of live
        processes; ``sources`` is another value when anything but live processes may have changed the
        findings; ``marks`` are the findings of ``before`` that open documents show.
        """
        same, self._sources = sources == self._sources, sources
        now = time.time()
        lost = [f for f in before.findings if f.id not in ids]
        gone = [f for f in lost if same and live and _is_drained(f, after, live)]
        drained, vanished = {f.id for f in gone}, {f.id for f in lost}
        title = f"gone since {time.strftime('%H:%M', time.localtime(now))}"
        kept = []
        for note in self.notes:
            if note.id in drained:
                note.title, note.gone_at = title, now
            stays = note.gone_at is None or (same and now - note.gone_at < SHOWN_SECONDS and note.id not in ids)
            if stays and not (note.id in vanished and note.gone_at is None):
                kept.append(note)
        known = {note.id for note in kept}
        for mark, document in marks:
            if mark.finding.id in drained - known:
                kept.append(Note(mark.finding.id, 0, title, document, document.follow(), mark.start, now))
        self.notes = kept
        return gone

    def shown(self, document: Document) -> list[Counted]:
        """The notes of a document, where they stand now."""
        notes = [note for note in self.notes if note.document is document]
        spots = [(note, note.drift.now(note.at)) for note in notes]
        return [Counted(at, max(note.count, 1), note.title, note.title) for note, at in spots if at is not None]


def _is_drained(finding: Finding, after: Survey, live: Sequence[Profile]) -> bool:
    """Whether no goroutine is left at a place, and none that might be there and cannot be placed."""
    placement = finding.placement
    if placement.confidence not in (EXACT, MOVED):
        return False
    stacks, name = {sample.stack for sample in finding.samples}, user_frame(finding).function
    here = [p for p in after.places if p.placement.anchor.function == placement.anchor.function]
    if any(place.placement.anchor.id == placement.anchor.id for place in here):
        return False
    samples = [sample for profile in live for sample in profile.samples]
    if any(sample.stack in stacks for sample in samples):
        return False
    inside = sum(sample.count for sample in samples if any(frame.function == name for frame in sample.stack))
    return inside <= sum(place.count for place in here)
