"""All mutable state of the server: documents, sources, snapshots, findings and where they stand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from goleak_lsp.analysis.analyse import Shot, Survey, Surveyor
from goleak_lsp.analysis.causes import Cause
from goleak_lsp.analysis.findings import Finding
from goleak_lsp.analysis.ignoring import rules_of, set_apart
from goleak_lsp.analysis.related import Related
from goleak_lsp.errors import RequestError
from goleak_lsp.features.marked import Counted, Marked
from goleak_lsp.features.words import goroutines
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.agreement import agreement
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.layout import FileMap
from goleak_lsp.placing.locate import Locator
from goleak_lsp.placing.place import NONE, Placement
from goleak_lsp.server.aftermath import Aftermath
from goleak_lsp.server.convert import path_of
from goleak_lsp.server.documents import Build, Document
from goleak_lsp.server.feeds import Feed, feed_of
from goleak_lsp.settings import Settings
from goleak_lsp.text import LineIndex

T = TypeVar("T")

READERS = 4
"""Threads that wait for files and decoders; a slow source holds one of them."""


class Session:
    """One editor's session. Only the event loop changes it; the pools compute."""

    def __init__(self) -> None:
        self.settings = Settings()
        self._builds: dict[Path, Build] = {}
        self.documents: dict[Path, Document] = {}
        self.open_workspace(Path.cwd())
        self.feeds: dict[str, Feed] = {}
        self.base: list[Shot] = []
        self.survey = Survey()
        self.by_file: dict[Path, list[Finding]] = {}
        self._by_line: dict[tuple[Path, str], tuple[tuple, object, dict[int, dict[int, Any]]]] = {}
        self.ignored = 0
        self.aftermath = Aftermath()
        self.drained: list[Finding] = []
        self.paused = False
        # pygls reads its input in its own pool; slow work must never share it, nor one another's.
        self.worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="analysis")
        self.readers = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="reader")
        self._analysing = asyncio.Lock()
        self._stale = False
        self._locator: Locator | None = None

    def open_workspace(self, root: Path, more_roots: Iterable[Path] = ()) -> None:
        """Takes the folders as the source tree; open files are placed by a text that was on disk."""
        maps = tuple((rule["from"], rule["to"]) for rule in self.settings.pathMap if _is_rule(rule))
        self.tree = SourceTree(root, maps, self._text_of_build, more_roots)
        self.surveyor = Surveyor(self.tree)

    def _text_of_build(self, path: Path) -> bytes | None:
        build = self._builds.get(path)
        return build.data if build else None

    async def in_worker(self, function, *arguments):
        """Runs ``function`` off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.worker, function, *arguments)

    def shots(self) -> list[Shot]:
        """Every snapshot that counts, in order of its source."""
        return [shot for feed in self.feeds.values() for shot in feed.shots()]

    async def analyse(self) -> None:
        """Finds and places everything anew; calls that come meanwhile share the next run."""
        self._stale = True
        async with self._analysing:
            if not self._stale:
                return
            self._stale = False
            documents = dict(self.documents)
            sources = self._sources()
            found, ids, builds = await self.in_worker(self._analyse, self.shots(), self.base, documents)
            self.ignored = len(ids) - len(found.findings)
            marks = [(mark, document) for path, document in self.documents.items() for mark in self.marked(path)]
            live = [profile for feed in self._live() for _, profile in feed.newest() if not profile.proves]
            self.drained += self.aftermath.analysed(self.survey, found, ids, live, sources, marks)
            self.survey, self._locator = found, None
            self.by_file, self._by_line = {}, {}
            for finding in found.findings:
                if (stands := _stands(finding)) is not None:
                    self.by_file.setdefault(stands.path, []).append(finding)
            for path, build in builds.items():
                documents[path].placed = build

    def _analyse(self, shots: list[Shot], base: list[Shot], documents: dict[Path, Document]):
        self._builds = {path: self._build_of(document, shots) for path, document in documents.items()}
        found = self.surveyor.survey(shots, base, self.settings.evidence)
        rules, _ = rules_of(self.settings.ignore)
        kept, _ = set_apart(found.findings, rules, self.tree)
        return found._replace(findings=kept), {finding.id for finding in found.findings}, self._builds

    def _live(self) -> list[Feed]:
        return [feed for feed in self.feeds.values() if feed.live and feed.state == "ok"]

    def _sources(self) -> object:
        """All that findings follow from but for what live processes answer and documents hold."""
        files = [profile for feed in self.feeds.values() if not feed.live for _, profile in feed.shots()]
        settings = self.settings
        return list(self.feeds.values()), [*map(id, files)], [*map(id, self.base)], settings.evidence, settings.pathMap

    def _build_of(self, document: Document, shots: list[Shot]) -> Build:
        """The text of a document that the profiles agree with most, the newest of equals."""
        builds = list(document.builds)
        if len(builds) == 1:
            return builds[0]
        frames = {
            frame
            for profile in {id(p): p for _, p in shots[-4:]}.values()
            for files in [FileMap(profile, self.tree)]
            for sample in profile.samples
            for frame in sample.stack
            if files.local(frame) == document.path
        }
        return max(reversed(builds), key=lambda build: agreement(build.file, frames))

    async def set_baseline(self, entry: object | None) -> None:
        """Counts growth against a source, or against the newest snapshots when it is None."""
        if entry is None:
            self.base = [shot for feed in self.feeds.values() for shot in feed.shots()[-2:]]
            return
        feed = feed_of(entry, self.tree.root, self.readers)
        await feed.poll(time.monotonic())
        if not feed.shots():
            raise RequestError(f"{feed.name} {feed.state}")
        self.base = feed.shots()

    def document(self, uri: str) -> Document | None:
        """The open document of a URI."""
        # Clients keep to one spelling of a URI, and to follow the links of its path takes long.
        known = next((document for document in self.documents.values() if document.uri == uri), None)
        if known is None and (path := path_of(uri)):
            known = self.documents.get(path)
        return known

    def current(self, path: Path) -> GoFile | None:
        """A file as the editor has it, else as it is on disk."""
        document = self.documents.get(path)
        return document.file if document else self.tree.read(path)

    def lines(self, path: Path) -> LineIndex | None:
        """The lines of a file as the editor has it, else as it is on disk."""
        document = self.documents.get(path)
        if document:
            return document.lines
        file = self.tree.read(path)
        return file.lines if file else None

    def marked(self, path: Path) -> list[Marked]:
        """The findings of a file where they stand now; those whose text was replaced are left out."""
        document = self.documents.get(path)
        spans = [(finding, _now(document, _stands(finding).span)) for finding in self.by_file.get(path, ())]
        return [Marked(finding, *span) for finding, span in spans if span is not None]

    def marked_on(self, path: Path, first: int, last: int) -> list[Marked]:
        """The findings of a file that stand on the lines ``first`` to ``last``, from 0, as they are now."""
        if not self.by_file.get(path):
            return []
        return self.on_lines(path, "marks", None, lambda: [((m.start,), m) for m in self.marked(path)], first, last)

    def on_lines(
        self, path: Path, name: str, origin: object, found: Callable[[], Iterable[tuple[Iterable[int], T]]],
        first: int, last: int,
    ) -> list[T]:  # fmt: skip
        """Those of ``found``, values and where they stand, on the lines ``first`` to ``last``, from 0, in order.

        Editors ask at every move of the cursor, and the places move with the text alone: so ``found``
        is asked once for a text, its findings and the ``origin`` of the values.
        """
        document, lines = self.documents.get(path), self.lines(path)
        if lines is None:
            return []
        state = (lines, self.by_file.get(path), document.placed if document else None)
        known = self._by_line.get((path, name))
        if known is None or known[1] != origin or any(a is not b for a, b in zip(known[0], state, strict=True)):
            rows: dict[int, dict[int, T]] = {}
            for number, (offsets, value) in enumerate(found()):
                for at in offsets:
                    rows.setdefault(lines.line_of(at) - 1, {})[number] = value
            known = self._by_line[path, name] = (state, origin, rows)
        here: dict[int, T] = {}
        for line in range(max(first, 0), min(last, len(lines.starts)) + 1):
            here |= known[2].get(line, {})
        return [here[number] for number in sorted(here)]

    def related(self, finding: Finding) -> list[tuple[Related, tuple[int, int]]]:
        """The places that have to do with a finding, with where they stand now; without those that are gone."""
        spans = [(each, _now(self.documents.get(each.path), each.span)) for each in finding.related]
        return [(each, span) for each, span in spans if span is not None]

    def counted(self, path: Path) -> list[Counted]:
        """The places and `go` statements of a file that lenses show beside the findings."""
        document, everything = self.documents.get(path), self.settings.codeLens.scope == "all"
        found = []
        for statement in self.survey.started:
            count = statement.count if everything else statement.suspect
            if statement.path == path and count and (span := _now(document, statement.span)):
                found.append(Counted(span[0], count, f"{goroutines(count)} started here"))
        if everything:
            told = {finding.placement.anchor.id for finding in self.by_file.get(path, ())}
            for placement, count in self.survey.places:
                if placement.path != path or placement.anchor.id in told:
                    continue
                if span := _now(document, placement.span):
                    found.append(Counted(span[0], count, f"{goroutines(count)} blocked here"))
        return found + (self.aftermath.shown(document) if document else [])

    @property
    def locator(self) -> Locator:
        """Local files of the frames that the newest snapshots have."""
        if self._locator is None:
            profiles = [profile for feed in self.feeds.values() for _, profile in feed.newest()]
            self._locator = Locator(profiles, self.tree)
        return self._locator

    def status(self) -> dict:
        """What `goleak.status` answers."""
        unplaced = [f for f in self.survey.findings if f.placement.confidence == NONE]
        return {
            "sources": [_source(key, feed) for key, feed in self.feeds.items()],
            "placed": len(self.survey.findings) - len(unplaced),
            "unplaced": len(unplaced),
            "reasons": [_unplaced(finding) for finding in unplaced],
            "notes": list(self.tree.notes.values()),
            "ignored": self.ignored,
            "paused": self.paused,
        }


def _stands(finding: Finding) -> Placement | Cause | None:
    """What a finding is shown at: its place, else the line that is likely to blame for it."""
    return finding.placement if finding.placement.path is not None else finding.cause


def _unplaced(finding: Finding) -> dict:
    placement = finding.placement
    return {"function": placement.anchor.function, "count": finding.count, "reason": placement.reason}


def _now(document: Document | None, span: tuple[int, int]) -> tuple[int, int] | None:
    """Where bytes of the text that findings were placed on stand in the text as it is now."""
    return span if document is None else document.placed.drift.span(span)


def _source(key: str, feed: Feed) -> dict:
    counts = {profile.kind: profile.total for _, profile in feed.newest()}
    age = feed.age(time.monotonic())
    return {
        "source": key,
        "state": feed.state,
        "problems": list(feed.problems),
        "counts": counts,
        "age": None if age is None else round(age, 1),
    }


def _is_rule(rule: object) -> bool:
    return isinstance(rule, dict) and all(isinstance(rule.get(k), str) for k in ("from", "to"))
