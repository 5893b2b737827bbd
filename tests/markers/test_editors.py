"""Marker archives over stdio, against the installed server, as each recorded editor asks.

Archives with the same settings share a server, each as a package of one module.
"""

from __future__ import annotations

import itertools
import json
import queue
from collections import Counter
from pathlib import Path

import pytest
from support import synthesis
from support.archive import Archive, archives, module
from support.client import RECORDED, Client, apply, replace
from support.goldens import diff
from support.markers import markers
from support.seen import Seen, lenses, unmatched, wanted

SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}
EDITORS = sorted(path.stem for path in RECORDED.glob("*.json"))
WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}


def settings(archive: Archive) -> str:
    return json.dumps(archive.settings, sort_keys=True)


GROUPS = [list(found) for _, found in itertools.groupby(sorted(archives(), key=settings), settings)]
CASES = [
    *itertools.product(EDITORS, ["protobuf"]),
    # How a profile was read makes no difference to what one editor asks and another does not.
    ("vscode-1.139.1", "dump"),
    ("helix-25.07.1", "dump"),
]


class Buffer:
    """One open file as the editor has it, and what it was told of it."""

    def __init__(self, editor: Editor, archive: Archive, name: str, path: Path) -> None:
        self.editor, self.archive, self.name = editor, archive, name
        self.client, self.form = editor.client, editor.form
        self.text, self.version = path.read_bytes().decode(), 1
        self.uri = self.client.open(path, self.text)

    @property
    def source(self) -> bytes:
        return self.text.encode()

    def ask(self, method: str, **parameters):
        return self.client.result(method, {"textDocument": {"uri": self.uri}, **parameters})

    def told(self) -> dict:
        """The newest diagnostics that the server has sent of this file."""
        sent = (m["params"] for m in reversed(self.client.seen) if m.get("method") == "textDocument/publishDiagnostics")
        return next((p for p in sent if p["uri"] == self.uri), {"diagnostics": [], "version": self.version})

    def complaints(self) -> list[str]:
        told = self.told()
        # Editors drop diagnostics of another version.
        stale = told.get("version") not in (None, self.version)
        return unmatched(self.source, self.form, map(self._seen, told["diagnostics"])) or ["stale"] * stale

    def _seen(self, told: dict) -> Seen:
        assert told["source"] == "goleak" and told["data"]["id"]
        start = told["range"]["start"]
        row = self.text.split("\n")[start["line"]].encode("utf-16-le")
        at = row[2 * start["character"] :].decode("utf-16-le")
        return Seen(start["line"] + 1, told["code"], SEVERITIES[told["severity"]], told["message"], at)

    def lenses(self) -> Counter:
        found = self.ask("textDocument/codeLens")
        found = [lens if "command" in lens else self.client.result("codeLens/resolve", lens) for lens in found]
        return Counter((lens["range"]["start"]["line"] + 1, lens["command"]["title"]) for lens in found)

    def hints(self) -> Counter:
        found = self.ask("textDocument/inlayHint", range=WHOLE)
        return Counter((hint["position"]["line"] + 1, hint["label"]) for hint in found)

    def check_counts(self) -> None:
        """The counts where this editor shows them: as lenses if it can, else as hints."""
        shown = lenses(self.source, self.form)
        if self.editor.has_lenses:
            assert self.lenses() == shown
        assert self.hints() == (Counter() if self.editor.has_lenses else shown)

    def check_diagnostics(self) -> None:
        assert self.complaints() == [], self.name

    def check_hovers(self) -> None:
        """A page where something is reported, which repeats the counts; none where nothing is seen."""
        for line in range(1, self.text.count("\n") + 2):
            found = [m for m in markers(self.source) if m.line == line and m.get("form", self.form) == self.form]
            words = [text for m in found if m.verb in ("lens", "hover") for text in m.arguments]
            page = self.hover(line)
            assert bool(page) == bool(words), (self.name, line)
            assert [text for text in words if text not in page] == [], page

    def hover(self, line: int) -> str:
        page = self.ask("textDocument/hover", position={"line": line - 1, "character": 1})
        return page["contents"]["value"] if page else ""

    def check_fixes(self) -> None:
        for number, marker in enumerate(wanted(self.source, "fix", self.form), 1):
            fix, title = marker.arguments
            [action] = [action for action in self.actions(marker.line) if action["title"] == title]
            assert action["kind"] == "quickfix"
            assert action.get("isPreferred", False) == marker.get("preferred", False)
            after = apply(self.text, action["edit"], self.uri)
            assert diff(self.source, after.encode()) == self.archive.files[f"{number}.{fix}.diff"]

    def actions(self, line: int) -> list[dict]:
        here = [d for d in self.told()["diagnostics"] if d["range"]["start"]["line"] == line - 1]
        found = self.ask(
            "textDocument/codeAction", range=here[0]["range"], context={"diagnostics": here, "only": ["quickfix"]}
        )
        return [action if "edit" in action else self.client.result("codeAction/resolve", action) for action in found]

    def change(self, verb: str, old: str, new: str) -> None:
        """Replaces the one occurrence of a text, as a part of the document or as all of it."""
        before, found, after = self.text.partition(old)
        assert found and old not in after
        self.version += 1
        start, end = _position(before), _position(before + old)
        self.text = before + new + after
        change = replace(*start, *end, new) if verb == "edit" else {"text": self.text}
        self.client.change(self.uri, self.version, change)

    def await_diagnostics(self) -> None:
        """Diagnostics follow a change within three seconds."""
        try:
            if self.complaints():
                self.client.until(lambda message: not self.complaints(), 3)
        except queue.Empty:
            self.check_diagnostics()


def _position(text: str) -> tuple[int, int]:
    """The position of the end of a text, in UTF-16 units."""
    return text.count("\n"), len(text[text.rfind("\n") + 1 :].encode("utf-16-le")) // 2


class Editor:
    """A recorded editor with all archives of one group open and their profiles loaded."""

    def __init__(self, client: Client, name: str, form: str, group: list[Archive], root: Path) -> None:
        self.client, self.form = client, form
        module(root, group)
        source = synthesis.write(root / "profiles", form, synthesis.groups(group))
        client.initialize(root, group[0].settings, name)
        recorded = json.loads((RECORDED / f"{name}.json").read_text())
        self.has_lenses = "codeLens" in recorded["capabilities"]["textDocument"]
        files = [(archive, name) for archive in group for name in archive.sources]
        self.buffers = [Buffer(self, a, file, (root / a.name / file).resolve()) for a, file in files]
        assert client.command("goleak.load", source).get("error") is None
        client.verified()


@pytest.mark.parametrize(("editor", "form"), CASES, ids=map("-".join, CASES))
def test_what_an_editor_shows(editor, form, tmp_path):
    for number, group in enumerate(GROUPS):
        with Client() as client:
            shown = Editor(client, editor, form, group, tmp_path / f"ws{number}")
            for buffer in shown.buffers:
                buffer.check_diagnostics()
                buffer.check_counts()
                buffer.check_hovers()
                buffer.check_fixes()
                for step in buffer.archive.changes:
                    buffer.change(*step)
                    buffer.check_counts()
                buffer.await_diagnostics()


def test_every_count_has_a_page(tmp_path):
    [group] = [group for group in GROUPS if "everything" in {archive.name for archive in group}]
    with Client() as client:
        for buffer in Editor(client, "vscode-1.139.1", "dump", group, tmp_path / "ws").buffers:
            for line, title in lenses(buffer.source, "dump"):
                assert title in buffer.hover(line), title


@pytest.mark.parametrize("editor", EDITORS)
def test_pages_are_of_a_kind_that_the_editor_shows(editor, workspace, client):
    client.initialize(workspace.root, {"sources": [workspace.leak]}, editor)
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    place = {"textDocument": {"uri": uri}, "position": {"line": workspace.line, "character": 1}}
    recorded = json.loads((RECORDED / f"{editor}.json").read_text())["capabilities"]["textDocument"]
    assert client.result("textDocument/hover", place)["contents"]["kind"] in recorded["hover"]["contentFormat"]
