"""Several fixes together: each is computed on what the ones before it made of the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from pathlib import Path

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.fixes.model import Change, Offer
from goleak_lsp.fixes.refusals import refusal
from goleak_lsp.fixes.registry import Current, offers_for, place_of
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.marks import Drift, narrow
from goleak_lsp.text import Edit, apply_edits

_MAX_PAIRS = 4_000_000
"""Lines times lines up to which two texts are compared line by line."""

Where = Callable[[Finding], tuple[Path | None, tuple[int, int]]]
"""The file and the bytes that a finding's fixes start from."""

Accepts = Callable[[dict[Path, bytes]], str]
"""Judges files as a fix would leave them; empty where they are good, else what is wrong."""


class Step(Frozen):
    """What is done about one finding: a fix, or why there is none."""

    finding: Finding
    offer: Offer | None = None
    reason: str = ""


class Plan:
    """The files as they will be, and the steps that lead there.

    ``current`` gives the files as they are and ``where`` the places in them: by default those on
    disk, as findings are placed there.
    """

    def __init__(self, tree: SourceTree, current: Current | None = None, where: Where = place_of) -> None:
        self.tree = tree
        self.where = where
        self._before = current or tree.read
        self.steps: list[Step] = []
        self._files: dict[Path, GoFile] = {}
        self._drifts: dict[Path, Drift] = {}
        self._places: dict[tuple, Offer] = {}

    @property
    def texts(self) -> dict[Path, bytes]:
        """Every changed file's new contents."""
        return {path: file.data for path, file in self._files.items()}

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is other than before, line by line."""
        return tuple((path, _edits(self._before(path).data, data)) for path, data in sorted(self.texts.items()))

    def add(self, finding: Finding, wanted: Callable[[Offer], bool], accepts: Accepts) -> Step:
        """Takes the first wanted fix of ``finding`` that ``accepts`` finds good."""
        step = self._step(finding, wanted, accepts)
        self.steps.append(step)
        return step

    def _step(self, finding: Finding, wanted: Callable[[Offer], bool], accepts: Accepts) -> Step:
        path, span = self.where(finding)
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
        path, (at, _) = self.where(finding)
        file = self._before(path)
        found = offers_for(finding, file, at, self.tree, self._before) if file else []
        first = next(filter(wanted, found), None)
        return next((o for o in self._places.values() if first and o.changes == first.changes), None)

    def _offers(self, finding: Finding) -> list[Offer] | None:
        """The offers in the files as they will be; None where the operation was replaced."""
        path, (at, _) = self.where(finding)
        file = self._current(path)
        if file is None:
            return []
        moved = self._drifts[path].now(at) if path in self._drifts else at
        return offers_for(finding, self._current(path), moved, self.tree, self._current) if moved is not None else None

    def _current(self, path: Path) -> GoFile | None:
        return self._files.get(path) or self._before(path)

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
    return f"no fix is safe, but: {'; '.join(titles)}" if titles else "no fix applies"


def _edits(old: bytes, new: bytes) -> tuple[Edit, ...]:
    """The edits, of whole lines as far as may be, that turn one text into the other."""
    # Whoever asks for a diff of the result needs none of this.
    from difflib import SequenceMatcher

    start, end, _ = narrow(old, new)
    start, end = old.rfind(b"\n", 0, start) + 1, (old.find(b"\n", end) + 1) or len(old)
    text = new[start : len(new) - (len(old) - end)]
    rows, others = old[start:end].splitlines(keepends=True), text.splitlines(keepends=True)
    if len(rows) * len(others) > _MAX_PAIRS:
        return (Edit(start, end, text.decode()),)
    starts = [start, *(start + at for at in accumulate(map(len, rows)))]
    codes = SequenceMatcher(None, rows, others, autojunk=False).get_opcodes()
    return tuple(
        Edit(starts[a], starts[b], b"".join(others[c:d]).decode()) for what, a, b, c, d in codes if what != "equal"
    )
