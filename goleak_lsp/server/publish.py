"""Pushes diagnostics, and asks the client to ask again for lenses and hints; only when they changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.features.marked import diagnostics
from goleak_lsp.features.values import Diagnostic
from goleak_lsp.server import convert
from goleak_lsp.server.session import Session
from goleak_lsp.text import LineIndex, printable

AFTER_EDIT = 0.3
"""Seconds without a keystroke after which an edited file's diagnostics are sent again."""
AT_LATEST = 5.0
"""Seconds after which they are sent although the typing goes on: editors move what they have themselves."""


class Publisher:
    """Remembers what the client was told, so that a poll that changes nothing sends nothing."""

    def __init__(self, client: LanguageServer, session: Session) -> None:
        self.client, self.session = client, session
        self.told: dict[Path, dict[str, str]] = {}
        """The diagnostics of every file as they were sent, by the finding's id."""
        self.versions: dict[Path, int | None] = {}
        self.timers: dict[Path, tuple[asyncio.TimerHandle, float]] = {}
        self.ranges: dict[Path, tuple[LineIndex, dict[tuple[int, int], str]]] = {}
        self.counts = self._counts()

    def all(self) -> None:
        """After an analysis: every file with findings, now or before."""
        session = self.session
        for path in {*session.by_file, *self.told}:
            self.file(path)
        self._refresh_lenses()

    def file(self, path: Path) -> None:
        """Sends one file's diagnostics if they are others than the client has."""
        session = self.session
        document, lines = session.documents.get(path), session.lines(path)
        found: dict[str, str] = {}
        if lines is not None:
            marks = {mark.finding.id: mark for mark in session.marked(path)}
            values = diagnostics(marks.values(), lines, session.settings)
            where, related = self._ranges(path, lines), self._relations()
            found = {v.id: convert.diagnostic(v, where(v), related(marks[v.id].finding)) for v in values}
        version = document.version if document else None
        same = found == self.told.get(path, {})
        # Clients that check versions drop diagnostics of another one, so an edit resends them.
        if same and (not found or version == self.versions.get(path)):
            return
        self.told[path], self.versions[path] = found, version
        if not found:
            del self.told[path]
            self.ranges.pop(path, None)
        uri = document.uri if document else convert.uri_of(path)
        told = convert.published(uri, version, found.values())
        self.client.protocol.notify(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, told)

    def _ranges(self, path: Path, lines: LineIndex) -> Callable[[Diagnostic], str]:
        """Where the diagnostics of a file stand, counted anew only when its text is another."""
        if path not in self.ranges or self.ranges[path][0] is not lines:
            self.ranges[path] = lines, {}
        known = self.ranges[path][1]

        def where(value: Diagnostic) -> str:
            key = value.start, value.end
            if key not in known:
                known[key] = convert.encoded_span(lines, *key)
            return known[key]

        return where

    def _relations(self) -> Callable[[Finding], str]:
        """Finds the places that have to do with a finding, for clients that show them; each file is asked for once."""
        document = self.client.client_capabilities.text_document
        published = document.publish_diagnostics if document else None
        if not (published and published.related_information):
            return lambda finding: ""
        files: dict[Path, tuple[LineIndex | None, str]] = {}

        def related(finding: Finding) -> str:
            found = []
            for each, (start, end) in self.session.related(finding):
                if each.path not in files:
                    opened = self.session.documents.get(each.path)
                    uri = opened.uri if opened else convert.uri_of(each.path)
                    files[each.path] = self.session.lines(each.path), uri
                lines, uri = files[each.path]
                if lines:
                    found.append(convert.related(uri, lines, start, end, printable(each.text)))
            return f"[{', '.join(found)}]" if found else ""

        return related

    def again(self, paths: set[Path]) -> None:
        """Sends what the client has once more, so that it asks for fixes again: they are others now."""
        for path in paths & set(self.told):
            self.versions.pop(path, None)
            self.file(path)

    def edited(self, path: Path) -> None:
        """Sends the file's diagnostics once typing pauses."""
        if path not in self.told and path not in self.session.by_file and not self._related_to(path):
            return
        loop = asyncio.get_running_loop()
        timer, first = self.timers.pop(path, (None, loop.time()))
        if timer:
            timer.cancel()
        when = min(loop.time() + AFTER_EDIT, first + AT_LATEST)
        self.timers[path] = loop.call_at(when, self._settled, path), first

    def _settled(self, path: Path) -> None:
        self.timers.pop(path, None)
        for each in {path, *self._related_to(path)}:
            self.file(each)

    def _related_to(self, path: Path) -> list[Path]:
        """Files with findings that name places in another one, which an edit of it may have moved."""
        return [
            file
            for file, findings in self.session.by_file.items()
            if file in self.told and file != path and any(r.path == path for f in findings for r in f.related)
        ]

    def _refresh_lenses(self) -> None:
        counts = self._counts()
        if counts == self.counts:
            return
        self.counts = counts
        workspace = self.client.client_capabilities.workspace
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
            self.client.workspace_code_lens_refresh(None)
        if workspace and workspace.inlay_hint and workspace.inlay_hint.refresh_support:
            self.client.workspace_inlay_hint_refresh(None)

    def _counts(self) -> tuple:
        """All that lenses and hints say, but for where it stands."""
        survey, settings = self.session.survey, self.session.settings
        shown = survey.places if settings.codeLens.scope == "all" else ()
        return (
            [(f.placement.key, f.number, f.count) for f in survey.findings],
            [(p.placement.key, p.count) for p in shown],
            [(s.path, s.span, s.count, s.suspect) for s in survey.started],
            [(note.id, note.title) for note in self.session.aftermath.notes],
            settings.codeLens,
            settings.inlayHints,
        )
