"""All mutable state of the server: documents, sources, snapshots, findings and where they stand."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from goleak_lsp.analysis.analyse import Shot, analyse
from goleak_lsp.analysis.findings import Finding
from goleak_lsp.errors import RequestError
from goleak_lsp.features.marked import Marked
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.layout import FileMap
from goleak_lsp.placing.place import NONE
from goleak_lsp.profile.model import Frame
from goleak_lsp.server.documents import Document
from goleak_lsp.settings import Settings
from goleak_lsp.sources import load
from goleak_lsp.text import LineIndex


class Session:
    """One editor's session. Only the event loop changes it; ``worker`` computes."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.documents: dict[Path, Document] = {}
        self.tree = SourceTree(Path.cwd())
        self.snapshots: dict[str, list[load.Snapshot]] = {}
        self.problems: dict[str, list[str]] = {}
        self.base: list[Shot] = []
        self.findings: list[Finding] = []
        self.by_file: dict[Path, list[Finding]] = {}
        self.paused = False
        # pygls reads its input in its own pool; slow work must never share it.
        self.worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="analysis")

    def open_workspace(self, root: Path) -> None:
        """Takes ``root`` as the source tree; open files are placed by their saved text."""
        maps = tuple((rule["from"], rule["to"]) for rule in self.settings.pathMap if _is_rule(rule))
        self.tree = SourceTree(root, maps, self._saved_text)

    def _saved_text(self, path: Path) -> bytes | None:
        document = self.documents.get(path)
        return document.saved if document else None

    async def in_worker(self, function, *arguments):
        """Runs ``function`` off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.worker, function, *arguments)

    async def load(self, spec: str) -> None:
        """Reads one source again; what was read of it before is kept when that fails.

        Raises RequestError with the reason when nothing could be read.
        """
        snapshots, problems = await self.in_worker(load.load, [spec])
        self.problems[spec] = [p.message for p in problems]
        if not snapshots:
            raise RequestError("; ".join(self.problems[spec])[:600] or f"{spec} holds nothing")
        self.snapshots[spec] = snapshots
        await self.analyse()

    def shots(self) -> list[Shot]:
        """Every snapshot that counts, in order of its source."""
        return [(s.process, s.profile) for group in self.snapshots.values() for s in group]

    async def analyse(self) -> None:
        """Finds and places everything anew."""
        arguments = (self.shots(), self.base, self.tree, self.settings.evidence)
        self.findings = await self.in_worker(analyse, *arguments)
        self.by_file = {}
        for finding in self.findings:
            if finding.placement.path is not None:
                self.by_file.setdefault(finding.placement.path, []).append(finding)

    async def set_baseline(self, spec: str | None) -> None:
        """Counts growth against ``spec``, or against the newest snapshots when it is None."""
        if spec is None:
            self.base = self.shots()
        else:
            snapshots, problems = await self.in_worker(load.load, [spec])
            if not snapshots:
                raise RequestError("; ".join(p.message for p in problems)[:600])
            self.base = [(s.process, s.profile) for s in snapshots]
        await self.analyse()

    async def detach(self, spec: str | None) -> None:
        """Forgets one source, or all."""
        for name in [spec] if spec else list(self.snapshots):
            self.snapshots.pop(name, None)
            self.problems.pop(name, None)
        await self.analyse()

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
        marks = []
        for finding in self.by_file.get(path, ()):
            start, end = finding.placement.span
            if document:
                moved, last = document.drift.now(start), document.drift.now(max(end - 1, start))
                if moved is None:
                    continue
                start, end = moved, moved if last is None else last + 1
            marks.append(Marked(finding, start, max(start, end)))
        return marks

    def locate(self, frame: Frame) -> str | None:
        """The user's file of a frame, relative to the root."""
        for _, profile in self.shots():
            if path := FileMap(profile, self.tree).local(frame):
                return self.tree.relative(path)
        return None

    def status(self) -> dict:
        """What `goleak.status` answers."""
        unplaced = [f for f in self.findings if f.placement.confidence == NONE]
        names = dict.fromkeys([*self.snapshots, *self.problems])
        return {
            "sources": [self._source(name) for name in names],
            "placed": len(self.findings) - len(unplaced),
            "unplaced": len(unplaced),
            "ignored": 0,
            "verifying": 0,
            "paused": self.paused,
        }

    def _source(self, name: str) -> dict:
        problems = self.problems.get(name, [])
        shots = self.snapshots.get(name, [])
        state = "ok" if shots and not problems else "; ".join(problems) or "empty"
        counts = {s.profile.kind: s.profile.total for s in shots}
        return {"source": name, "state": state, "counts": counts, "age": None}


def _is_rule(rule: object) -> bool:
    return isinstance(rule, dict) and all(isinstance(rule.get(k), str) for k in ("from", "to"))
