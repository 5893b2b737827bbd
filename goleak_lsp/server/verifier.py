"""Builds and vets the fixes of open documents in the background, so that an answer need not wait.

A round looks at all findings of the open documents as they are now. The next change ends it, and
the go command that it runs; what was found out is kept by content, so that the round after it
asks go only about what is new. Between rounds nothing runs and nothing waits for a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from goleak_lsp.features.marked import Marked
from goleak_lsp.features.values import Testing
from goleak_lsp.fixes.go_command import Cancelled, go_command
from goleak_lsp.fixes.model import Offer
from goleak_lsp.fixes.refusals import refusal
from goleak_lsp.fixes.registry import offers_for
from goleak_lsp.fixes.verify import NO_GO, Result, Verdict, forget_doubts
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.place import EXACT, MOVED
from goleak_lsp.server.documents import Document
from goleak_lsp.server.rounds import Changes, Round, Together
from goleak_lsp.server.session import Session

PAUSE = 0.5
"""Seconds without a keystroke after which a round begins."""
_GOOD = Verdict(Result.GOOD)
_NOT_TRUSTED = Verdict(Result.UNKNOWN, ("the workspace is not trusted",))

log = logging.getLogger(__name__)


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
        begun = self._round = Round(session.tree, open_files, marks, list(session.survey.findings))
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
        found = self._round.of(path, mark) if self._round else None
        if found is not None and not any(self._is_outdated(self._round.texts(offer.changes)) for offer in found):
            return found
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
        if reason := refusal(document.path, document.file, self.session.tree):
            return [f"No quick fix: {reason}."]
        verdicts = self._round.verdicts if self._round else {}
        offers = [offer for mark in marks for offer in (self._round.of(document.path, mark) if verdicts else ())]
        bad = [(o, verdicts[o.changes]) for o in offers if o.changes in verdicts]
        return [f"A quick fix is withdrawn ({o.fix}): {v.reasons[0]}" for o, v in bad if v.result is Result.BAD]

    def testing_on(self, document: Document, first: int, last: int) -> list[Testing]:
        """What helps to test the findings on lines of an open document; nothing while it is not verified."""
        path, known = document.path, self._round.testing if self._round else None
        if not known:
            return []

        def found() -> Iterator[tuple[tuple[int, ...], Testing]]:
            for mark in self.session.marked(path):
                for value in known.get((path, mark.finding.id), ()):
                    yield (mark.start,) if value.at is None else (mark.start, value.at), value

        # A round adds to what is known while it runs.
        return self.session.on_lines(path, "testing", (self._round, len(known)), found, first, last)

    def together(self, path: Path) -> Together:
        """All preferred fixes of a document in one; none while they are not verified."""
        found = self._round.together.get(path) if self._round else None
        found = found or self._together.get(path) or Together()
        return Together() if self._is_outdated(found.texts) else found

    def _is_outdated(self, texts: Iterable[tuple[Path, bytes]]) -> bool:
        """Whether a file has another text than edits were made for; then all is looked at anew.

        Nobody tells of files that are not open, and edits of them name no version that could be refused.
        """
        for path, data in texts:
            now = self.session.current(path)
            if now is None or now.data != data:
                self.edited(path)
                return True
        return False
