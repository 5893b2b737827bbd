"""Marker archives against the core: profiles decoded, placed and judged, with no server."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support import synthesis
from support.archive import Archive, archives, module
from support.goldens import compare, diff
from support.seen import Seen, unmatched, wanted

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.features.hover import hover
from goleak_lsp.features.marked import Marked, diagnostics
from goleak_lsp.fixes.registry import offers
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.settings import parse
from goleak_lsp.sources.load import load
from goleak_lsp.text import apply_edits

ALL = archives()
FORMS = ("protobuf", "dump")

each = pytest.mark.parametrize("archive", ALL, ids=lambda archive: archive.name)
in_each_form = pytest.mark.parametrize("form", FORMS)


class Core:
    """One archive read through every layer below the server."""

    def __init__(self, archive: Archive, form: str, root: Path) -> None:
        self.archive, self.form = archive, form
        module(root, [archive])
        source = synthesis.write(root / "profiles", form, synthesis.groups([archive]))
        snapshots, problems = load([source])
        assert not problems
        self.settings, _ = parse(archive.settings)
        self.tree = SourceTree(root)
        shots = [(snapshot.process, snapshot.profile) for snapshot in snapshots]
        self.findings = analyse(shots, [], self.tree, self.settings.evidence)

    def on(self, name: str):
        """The findings of one file."""
        path = self.tree.root / self.archive.name / name
        return [finding for finding in self.findings if finding.placement.path == path]

    def diagnostics(self, name: str) -> list[Seen]:
        found = self.on(name)
        if not found:
            return []
        lines = self.tree.read(found[0].placement.path).lines
        values = diagnostics([Marked(f, *f.placement.span) for f in found], lines, self.settings)
        return [
            Seen(lines.line_of(v.start), v.code, v.severity.value, v.message, lines.data[v.start :].decode())
            for v in values
        ]


@each
@in_each_form
def test_diagnostics(archive, form, tmp_path):
    core = Core(archive, form, tmp_path)
    for name, source in archive.sources.items():
        assert unmatched(source, form, core.diagnostics(name)) == []
    assert all(finding.placement.path for finding in core.findings)
    assert {finding.placement.confidence for finding in core.findings} <= {"exact"}


@each
@in_each_form
def test_hovers(archive, form, tmp_path):
    core = Core(archive, form, tmp_path)
    for name, source in archive.sources.items():
        for marker in wanted(source, "hover", form):
            page = hover([f for f in core.on(name) if f.placement.line == marker.line], lambda frame: frame.file)
            assert [text for text in marker.arguments if text not in page] == [], page


@each
def test_fixes(archive, tmp_path):
    core, goldens = Core(archive, "protobuf", tmp_path), {}
    for name, source in archive.sources.items():
        found = {m.line: [] for m in wanted(source, "fix", "") + wanted(source, "nofix", "")}
        for finding in core.on(name):
            found.setdefault(finding.placement.line, []).extend(offers(finding, core.tree))
        for marker in wanted(source, "nofix", ""):
            assert marker.arguments[0] not in {offer.fix for offer in found[marker.line]}, marker
        for number, marker in enumerate(wanted(source, "fix", ""), 1):
            fix, title = marker.arguments
            [offer] = [offer for offer in found[marker.line] if offer.fix == fix]
            assert (offer.title, offer.safe) == (title, marker.get("preferred", False))
            goldens[f"{number}.{fix}.diff"] = diff(source, apply_edits(source, list(offer.edits)))
    compare(archive, goldens)


def test_archives_hold_go_that_builds(tmp_path):
    """Whatever blocks there is meant: what `vet` has against it is not of interest."""
    module(tmp_path, ALL)
    done = subprocess.run(("go", "build", "./..."), cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
