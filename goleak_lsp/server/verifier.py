"""Builds and vets the fixes of open documents in the background, so that an answer need not wait.

A round looks at all findings of the open documents as they are now. The next change ends it, and
the go command that it runs; what was found out is kept by content, so that the round after it
asks go only about what is new. Between rounds nothing runs and nothing waits for a time.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

from goleak_lsp.features.marked import Marked
from goleak_lsp.fixes.model import Change, Offer
from goleak_lsp.fixes.plan import Plan
from goleak_lsp.fixes.refusals import refusal
from goleak_lsp.fixes.registry import offers_for
from goleak_lsp.fixes.verify import (
    NO_GO,
    Cancelled,
    Result,
    Verdict,
    forget_doubts,
    go_command,
    module_of,
    verify,
)
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import EXACT, MOVED
from goleak_lsp.server.documents import Document, text_on_disk
from goleak_lsp.server.session import Session
from goleak_lsp.text import apply_edits

PAUSE = 0.5
"""Seconds without a keystroke after which a round begins."""
SECONDS_EACH = 20.0
"""How long one build may take."""
SECONDS = 90.0
"""How long a round may build; what is left then is not verified."""

_GOOD = Verdict(Result.GOOD)
_NOT_TRUSTED = Verdict(Result.UNKNOWN, ("the workspace is not trusted",))
_NO_TIME = Verdict(Result.UNKNOWN, ("there was no time",))

Changes = tuple[Change, ...]

log = logging.getLogger(__name__)


class Together(NamedTuple):
    """What all preferred fixes of one document change, and how many findings they answer."""

    changes: Changes = ()
    count: int = 0


class Round:
    """The offers of the open documents in one state of all texts, and what is known of them.

    The thread of the verifier fills it, the event loop reads it.
    """

    def __init__(self, tree: SourceTree, files: dict[Path, GoFile], marks: dict[Path, list[Marked]]) -> None:
        self.tree, self.files, self.marks = tree, files, marks
        self.cancel = threading.Event()
        self.offers: dict[tuple[Path, str], list[Offer]] = {}
        self.verdicts: dict[Changes, Verdict] = {}
        self.together: dict[Path, Together] = {}
        self.left = 1
        self.urgent: list[Changes] = []
        self._unsaved: dict[Path, bytes] = {}
        self._deadline = 0.0

    def current(self, path: Path) -> GoFile | None:
        """A file as the editor has it, else as it is on disk."""
        return self.files.get(path) or self.tree.read(path)

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
        return Together(plan.changes, sum(step.offer is not None for step in plan.steps))

    def _is_good(self, offer: Offer) -> bool:
        verdict = self.verdicts.get(offer.changes)
        return verdict is not None and verdict.result is Result.GOOD

    def _complaint(self, texts: dict[Path, bytes]) -> str:
        verdict = self._judge(texts)
        return "" if verdict.result is Result.GOOD else verdict.reasons[0]


class Verifier:
    """Runs one round at a time.

    ``trusted`` says whether go may be run here; ``done`` is called with the files that were asked
    about before their round was over.
    """

    def __init__(self, session: Session, trusted: Callable[[], bool], done: Callable[[set[Path]], None]) -> None:
        self.session, self.trusted, self.done = session, trusted, done
        self._round: Round | None = None
        # What is known of rounds before, of folders that were not edited since.
        self._verdicts: dict[Changes, Verdict] = {}
        self._together: dict[Path, Together] = {}
        self._state: object = None
        self._timer: asyncio.TimerHandle | None = None
        self._running: Future | None = None
        self._asked: set[Path] = set()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="verifier")

    @property
    def verifying(self) -> int:
        """Fixes that are not verified yet; 0 once answers about fixes are final."""
        if self._timer is not None:
            return 1
        return self._round.left if self._round else 0

    def look(self) -> None:
        """Begins another round if the findings, documents or settings are others than in the last one."""
        if self._timer is None and self._now() != self._state:
            self._keep()
            self._together.clear()
            self._schedule(0)

    def edited(self, path: Path) -> None:
        """Gives up what is under way, and begins again once typing pauses."""
        self._keep()
        folder = path.parent
        for changes in [c for c in self._verdicts if any(changed.parent == folder for changed, _ in c)]:
            del self._verdicts[changes]
        for other in [other for other in self._together if other.parent == folder]:
            del self._together[other]
        self._schedule(PAUSE)

    def written(self) -> None:
        """Looks anew, since files that are not open here may have changed."""
        forget_doubts()
        self._keep()
        self._schedule(0)

    def _keep(self) -> None:
        """Keeps what a round has found out until the next one has looked again."""
        if self._round:
            self._verdicts |= self._round.verdicts
            self._together |= self._round.together

    def _schedule(self, seconds: float) -> None:
        self.end()
        self._round = None
        if any(path in self.session.by_file for path in self.session.documents):
            self._timer = asyncio.get_running_loop().call_later(seconds, self._begin)
        else:
            self._state = self._now()

    def end(self, seconds: float = 0) -> None:
        """Gives up what is under way; waits up to ``seconds`` for the go command to be gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._round:
            self._round.cancel.set()
        if self._running and seconds:
            wait([self._running], timeout=seconds)

    def _now(self) -> object:
        """What offers and verdicts follow from, but for files that are not open."""
        session = self.session
        documents = {path: (document.lines, document.placed) for path, document in session.documents.items()}
        findings = [
            (path, f.id, f.evidence, f.kind, f.cause, f.placement.span, f.placement.confidence)
            for path in documents
            for f in session.by_file.get(path, ())
        ]
        return session.tree, documents, findings, session.settings.fixes, self.trusted()

    def _begin(self) -> None:
        session, self._timer = self.session, None
        self._state = self._now()
        open_files = {path: document.file for path, document in session.documents.items() if path.suffix == ".go"}
        marks = {path: marks for path in open_files if (marks := session.marked(path))}
        if not marks:
            return
        begun = self._round = Round(session.tree, open_files, marks)
        loop = asyncio.get_running_loop()
        self._running = self._thread.submit(begun.run, self._without_go())
        self._running.add_done_callback(lambda future: loop.call_soon_threadsafe(self._ended, begun, future))

    def _ended(self, ended: Round, future: Future) -> None:
        error = future.exception()
        if error is not None and not isinstance(error, Cancelled):
            log.error("fixes could not be verified: %r", error)
        ended.left = 0
        if ended is not self._round:
            return
        self._verdicts, self._together = {}, {}
        asked, self._asked = self._asked, set()
        self.done(asked)

    def _without_go(self) -> Verdict | None:
        """The verdict on every fix where go is not asked; None where it is."""
        if not self.session.settings.fixes.verify:
            return _GOOD
        if not self.trusted():
            return _NOT_TRUSTED
        return None if go_command(self.session.tree.root) else Verdict(Result.UNKNOWN, (NO_GO,))

    def offers(self, path: Path, file: GoFile, mark: Marked) -> list[Offer]:
        """The offers for a finding of an open document as it is now."""
        if self._round:
            return self._round.of(path, mark)
        return offers_for(mark.finding, file, mark.start, self.session.tree, self.session.current)

    def judge(self, path: Path) -> Callable[[Offer], Verdict | None]:
        """Gives the verdict on an offer of a document; None while there is none yet."""
        known = self._without_go()
        return (lambda offer: self._verdict(path, offer)) if known is None else (lambda offer: known)

    def _verdict(self, path: Path, offer: Offer) -> Verdict | None:
        verdict = self._round.verdicts.get(offer.changes) if self._round else None
        if verdict is None and self.verifying:
            self._asked.add(path)
            if self._round and offer.changes not in self._round.urgent:
                self._round.urgent.append(offer.changes)
        return verdict or self._verdicts.get(offer.changes)

    def notes(self, document: Document, marks: Iterable[Marked]) -> list[str]:
        """Why findings of an open document have no quick fix, or had one that is withdrawn; a sentence each."""
        if not any(mark.finding.placement.confidence in (EXACT, MOVED) for mark in marks):
            return []
        if reason := refusal(document.path, document.file):
            return [f"No quick fix: {reason}."]
        verdicts = self._round.verdicts if self._round else {}
        offers = [offer for mark in marks for offer in (self._round.of(document.path, mark) if verdicts else ())]
        bad = [(o, verdicts[o.changes]) for o in offers if o.changes in verdicts]
        return [f"A quick fix is withdrawn ({o.fix}): {v.reasons[0]}" for o, v in bad if v.result is Result.BAD]

    def together(self, path: Path) -> Together:
        """All preferred fixes of a document in one; none while they are not verified."""
        found = self._round.together.get(path) if self._round else None
        return found or self._together.get(path) or Together()
