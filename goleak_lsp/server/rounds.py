"""One round of verification: the fixes of the open documents in one state of all texts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.features.marked import Marked
from goleak_lsp.features.values import Testing
from goleak_lsp.fixes.go_command import Cancelled
from goleak_lsp.fixes.model import Change, Offer
from goleak_lsp.fixes.plan import Plan
from goleak_lsp.fixes.registry import offers_for
from goleak_lsp.fixes.verify import Result, Verdict, module_of, verify
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.server.documents import text_on_disk
from goleak_lsp.text import apply_edits, printable

SECONDS_EACH = 20.0
"""How long one build may take."""
SECONDS = 90.0
"""How long a round may build; what is left then is not verified."""

_NO_TIME = Verdict(Result.UNKNOWN, ("there was no time",))

Changes = tuple[Change, ...]


class Together(Frozen):
    """What all preferred fixes of one document change, and the ids of the findings that they answer.

    ``texts`` are those that they were made for.
    """

    changes: Changes = ()
    answered: tuple[str, ...] = ()
    texts: tuple[tuple[Path, bytes], ...] = ()


class Round:
    """The offers of the open documents in one state of all texts, and what is known of them.

    The thread of the verifier fills it, the event loop reads it.
    """

    def __init__(
        self, tree: SourceTree, files: dict[Path, GoFile], marks: dict[Path, list[Marked]], findings: list[Finding]
    ) -> None:
        self.tree, self.files, self.marks, self.findings = tree, files, marks, findings
        self.cancel = threading.Event()
        self.offers: dict[tuple[Path, str], list[Offer]] = {}
        self.verdicts: dict[Changes, Verdict] = {}
        self.together: dict[Path, Together] = {}
        self.testing: dict[tuple[Path, str], list[Testing]] = {}
        self.left = 1
        self.urgent: list[Changes] = []
        self._closed: dict[Path, GoFile | None] = {}
        self._unsaved: dict[Path, bytes] = {}
        self._deadline = 0.0

    def current(self, path: Path) -> GoFile | None:
        """A file as the editor has it, else as it is on disk."""
        if path in self.files:
            return self.files[path]
        # One text each for all that is computed, whenever it is and in whichever thread.
        if path not in self._closed:
            self._closed.setdefault(path, self.tree.read(path))
        return self._closed[path]

    def texts(self, changes: Changes) -> tuple[tuple[Path, bytes], ...]:
        """The texts that ``changes`` were made for."""
        return tuple((path, file.data) for path, _ in changes if (file := self.current(path)) is not None)

    def of(self, path: Path, mark: Marked) -> list[Offer]:
        """The offers for one finding, which are computed once."""
        key = (path, mark.finding.id)
        found = self.offers.get(key)
        if found is None:
            found = offers_for(mark.finding, self.files[path], mark.start, self.tree, self.current)
            self.offers[key] = found
        return found

    def run(self, known: Verdict | None) -> None:
        """Computes all offers, verifies them, and then the preferred ones of each document together.

        ``known`` is the verdict on all of them where go is not asked. Raises Cancelled.
        """
        self._deadline = time.monotonic() + SECONDS
        self._unsaved = {path: file.data for path, file in self.files.items() if text_on_disk(path) != file.data}
        found = [self.of(path, mark) for path, mark in self._marks()]
        if known is None:
            self._verify(found)
        elif known.result is not Result.GOOD:
            return
        for path, marks in self.marks.items():
            self.together[path] = self._together(path, marks, known is None)
        if known is None:
            self._test()

    def _test(self) -> None:
        """Keeps what helps to test the findings, and whether it builds."""
        from goleak_lsp.features.testing import testing  # not at a start: it is needed last of all

        for path, mark in self._marks():
            found = testing(mark, self.files[path], self.tree, self.current, self.findings)
            self.testing[path, mark.finding.id] = [self._built(t) for t in found]

    def _built(self, found: Testing) -> Testing:
        """The same, refused where it does not build."""
        if found.refused:
            return found
        texts = {
            path: apply_edits(b"" if path == found.created else self.current(path).data, list(edits))
            for path, edits in found.changes
        }
        verdict = self._judge(texts)
        if verdict.result is Result.GOOD:
            return found
        return found._replace(refused=printable(f"it could not be built: {'; '.join(verdict.reasons[:1])}", 300))

    def _marks(self) -> Iterator[tuple[Path, Marked]]:
        for path, marks in self.marks.items():
            for mark in marks:
                if self.cancel.is_set():
                    raise Cancelled
                yield path, mark

    def _verify(self, found: list[list[Offer]]) -> None:
        """What the user looks at before all, then the best offer of every finding."""
        most = max(map(len, found), default=0)
        ranked = (offers[rank] for rank in range(most) for offers in found if rank < len(offers))
        waiting = dict.fromkeys(offer.changes for offer in ranked)
        while waiting:
            self.left = len(waiting) + 1
            changes = next((c for c in self.urgent if c in waiting), None) or next(iter(waiting))
            del waiting[changes]
            texts = {path: apply_edits(self.current(path).data, list(edits)) for path, edits in changes}
            self.verdicts[changes] = self._judge(texts)

    def _judge(self, texts: dict[Path, bytes]) -> Verdict:
        if time.monotonic() > self._deadline:
            return _NO_TIME
        return verify(module_of(next(iter(texts)), self.tree), texts, self.cancel, self._unsaved, SECONDS_EACH)

    def _together(self, path: Path, marks: list[Marked], verified: bool) -> Together:
        """All preferred fixes of a document, each made on what the ones before it left of the files."""
        standing = {mark.finding.id: (path, (mark.start, mark.end)) for mark in marks}
        plan = Plan(self.tree, self.current, lambda finding: standing[finding.id])
        for mark in marks:
            if self.cancel.is_set():
                raise Cancelled
            if any(offer.safe and (not verified or self._is_good(offer)) for offer in self.of(path, mark)):
                plan.add(mark.finding, lambda offer: offer.safe, self._complaint if verified else lambda texts: "")
        changes, answered = plan.changes, [step.finding.id for step in plan.steps if step.offer is not None]
        return Together(changes, tuple(answered), self.texts(changes))

    def _is_good(self, offer: Offer) -> bool:
        verdict = self.verdicts.get(offer.changes)
        return verdict is not None and verdict.result is Result.GOOD

    def _complaint(self, texts: dict[Path, bytes]) -> str:
        verdict = self._judge(texts)
        return "" if verdict.result is Result.GOOD else verdict.reasons[0]
