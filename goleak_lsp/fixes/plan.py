"""Several fixes together: each is computed on what the ones before it made of the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.fixes.model import Offer
from goleak_lsp.fixes.refusals import refusal
from goleak_lsp.fixes.registry import offers, offers_for, place_of
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.marks import Drift
from goleak_lsp.text import apply_edits

Accepts = Callable[[dict[Path, bytes]], str]
"""Judges files as a fix would leave them; empty where they are good, else what is wrong."""


class Step(NamedTuple):
    """What is done about one finding: a fix, or why there is none."""

    finding: Finding
    offer: Offer | None = None
    reason: str = ""


class Plan:
    """The files as they will be, and the steps that lead there."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.steps: list[Step] = []
        self._files: dict[Path, GoFile] = {}
        self._drifts: dict[Path, Drift] = {}
        self._places: dict[tuple, Offer] = {}

    @property
    def texts(self) -> dict[Path, bytes]:
        """Every changed file's new contents."""
        return {path: file.data for path, file in self._files.items()}

    def add(self, finding: Finding, wanted: Callable[[Offer], bool], accepts: Accepts) -> Step:
        """Takes the first wanted fix of ``finding`` that ``accepts`` finds good."""
        step = self._step(finding, wanted, accepts)
        self.steps.append(step)
        return step

    def _step(self, finding: Finding, wanted: Callable[[Offer], bool], accepts: Accepts) -> Step:
        path, span = place_of(finding)
        if path is None:
            return Step(finding, reason=finding.placement.reason or "it is not placed in this source tree")
        place = (path, span[0])
        known = self._places.get(place) or self._made_already(finding, wanted)
        if known is not None:
            return Step(finding, known)
        if self._current(path) is None:
            return Step(finding, reason="its file cannot be read")
        found = self._offers(finding)
        if found is None:
            return Step(finding, reason="another fix has changed its line")
        reason = refusal(path, self._current(path), self.tree) or _why_none(found)
        for offer in filter(wanted, found):
            texts = self._applied(offer)
            reason = accepts(texts)
            if not reason:
                self._take(offer, texts)
                self._places[place] = offer
                return Step(finding, offer)
        return Step(finding, reason=reason)

    def _made_already(self, finding: Finding, wanted: Callable[[Offer], bool]) -> Offer | None:
        """A fix of another finding that is this one's too, as one buffer serves two sends."""
        if not self._places:
            return None
        first = next(filter(wanted, offers(finding, self.tree)), None)
        return next((o for o in self._places.values() if first and o.changes == first.changes), None)

    def _offers(self, finding: Finding) -> list[Offer] | None:
        """The offers in the files as they will be; None where the operation was replaced."""
        path, (at, _) = place_of(finding)
        moved = self._drifts[path].now(at) if path in self._drifts else at
        return offers_for(finding, self._current(path), moved, self.tree, self._current) if moved is not None else None

    def _current(self, path: Path) -> GoFile | None:
        return self._files.get(path) or self.tree.read(path)

    def _applied(self, offer: Offer) -> dict[Path, bytes]:
        changed = {path: apply_edits(self._current(path).data, list(edits)) for path, edits in offer.changes}
        return self.texts | changed

    def _take(self, offer: Offer, texts: dict[Path, bytes]) -> None:
        for path, edits in offer.changes:
            drift = self._drifts.setdefault(path, Drift(self._current(path).data))
            for edit in sorted(edits, key=lambda e: -e.start):
                drift.replace(edit.start, edit.end, edit.text.encode())
            self._files[path] = GoFile.parse(texts[path])


def _why_none(found: Iterable[Offer]) -> str:
    titles = [offer.title for offer in found]
    if not titles:
        return "no fix applies"
    return f"no fix is safe, but: {'; '.join(titles)}"
