"""Diagnostics, lenses, hints, hovers and fixes over the wire, and after edits."""

import json
import shutil
import tomllib
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from support.client import RECORDED, Client, insert, replace

WORDS = "135 goroutines blocked here"
WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}}


def document(uri: str) -> dict:
    return {"textDocument": {"uri": uri}}


def started(client: Client, workspace, editor: str = "vscode-1.139.1", **options) -> str:
    client.initialize(workspace.root, {"sources": [workspace.leak], **options}, editor)
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    return uri


def lens_lines(client: Client, uri: str) -> list[tuple[int, str]]:
    found = client.result("textDocument/codeLens", document(uri))
    return [(lens["range"]["start"]["line"], lens["command"]["title"]) for lens in found]


def actions(client: Client, uri: str, line: int, only=None) -> list[dict]:
    place = {"line": line, "character": 1}
    context = {"diagnostics": []} | ({"only": only} if only else {})
    params = document(uri) | {"range": {"start": place, "end": place}, "context": context}
    return client.result("textDocument/codeAction", params)


def test_a_diagnostic_says_what_matters_first(client, workspace):
    client.initialize(workspace.root, {"sources": [workspace.leak]})
    told = client.diagnostics(client.open(workspace.main), bool)
    [found] = told["diagnostics"]
    assert found["message"].startswith(WORDS) and "\n" not in found["message"]
    assert (found["source"], found["code"], found["severity"]) == ("goleak", "chan-receive", 2)
    assert found["range"]["start"]["line"] == workspace.line
    assert found["data"]["placed"] == "exact" and found["data"]["id"]


def test_closed_files_get_diagnostics_too(client, workspace):
    client.initialize(workspace.root, {"sources": [workspace.leak]})
    assert client.diagnostics(workspace.uri, bool).get("version") is None


def test_lens_and_hover(client, workspace):
    uri = started(client, workspace)
    assert lens_lines(client, uri) == [(workspace.line, WORDS)]
    hover = client.result("textDocument/hover", document(uri) | {"position": {"line": workspace.line, "character": 3}})
    page = hover["contents"]["value"]
    assert WORDS in page and "main.myLeakyFunction" in page and "](" not in page and "<" not in page.split("```")[0]
    assert client.result("textDocument/hover", document(uri) | {"position": {"line": 0, "character": 0}}) is None


def test_hints_are_for_clients_without_lenses(workspace):
    for editor, hints in (("vscode-1.139.1", 0), ("helix-25.07.1", 1)):
        with Client() as client:
            uri = started(client, workspace, editor)
            found = client.result("textDocument/inlayHint", document(uri) | {"range": WHOLE})
            assert len(found) == hints and all(hint["label"] == WORDS for hint in found)


def test_marks_follow_every_change(client, workspace):
    uri = started(client, workspace)
    client.change(uri, 2, insert(0, 0, "// a\n// b\n"))
    assert lens_lines(client, uri)[0][0] == workspace.line + 2
    seen = len(client.seen)
    client.change(uri, 3, insert(workspace.line + 2, 1, "/* é */ "), replace(0, 0, 1, 0, ""))
    assert lens_lines(client, uri)[0][0] == workspace.line + 1
    moved = lambda found: found and found[0]["range"]["start"]["line"] == workspace.line + 1  # noqa: E731
    told = client.diagnostics(uri, moved, 3, since=seen)
    assert told["version"] == 3


def test_a_formatter_that_replaces_the_whole_file_moves_nothing_else(client, workspace):
    uri = started(client, workspace)
    text = "// a new first line\n" + workspace.main.read_text()
    client.change(uri, 2, {"text": text})
    assert lens_lines(client, uri)[0][0] == workspace.line + 1


def test_a_deleted_operation_has_no_line(client, workspace):
    uri = started(client, workspace)
    seen = len(client.seen)
    client.change(uri, 2, replace(workspace.line, 0, workspace.line + 1, 0, ""))
    assert lens_lines(client, uri) == []
    assert client.diagnostics(uri, lambda found: not found, 3, since=seen)["version"] == 2


def test_fixes_name_their_diagnostic_and_version(client, workspace):
    uri = started(client, workspace)
    client.verified()
    found = actions(client, uri, workspace.line, ["quickfix"])
    assert found and len({action["title"] for action in found}) == len(found)
    assert sum(bool(action.get("isPreferred")) for action in found) <= 1
    for action in found:
        assert action["kind"] == "quickfix" and action["diagnostics"][0]["source"] == "goleak"
        [change] = action["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": uri, "version": 1}
    assert found == actions(client, uri, workspace.line, ["quickfix"])


def test_only_is_obeyed(client, workspace):
    uri = started(client, workspace)
    assert actions(client, uri, workspace.line, ["quickfix"])
    for kind in ("refactor", "source", "source.fixAll", "quickfix.other"):
        assert actions(client, uri, workspace.line, [kind]) == []
    assert actions(client, uri, 0) == []


def test_loading_again_shows_the_new_counts(client, workspace):
    client.initialize(workspace.root, {})
    uri = client.open(workspace.main)
    assert client.command("goleak.load", workspace.leak)["result"] is None
    assert lens_lines(client, uri) == [(workspace.line, WORDS)]
    assert client.command("goleak.load", str(workspace.root / "nothing"))["error"]["message"].endswith("does not exist")
    assert lens_lines(client, uri) == [(workspace.line, WORDS)]


def test_top_returns_the_whole_report(client, workspace):
    started(client, workspace)
    report = client.command("goleak.top")["result"]
    assert [finding["count"] for finding in report["findings"]] == [135]
    assert report["sources"][0]["kind"] == "goroutineleak"


def test_a_refresh_that_changes_nothing_sends_nothing(client, workspace):
    uri = started(client, workspace)
    if not any(m.get("method") == "client/registerCapability" for m in client.seen):
        client.until(lambda m: m.get("method") == "client/registerCapability")
    before = len(client.seen)
    client.command("goleak.refresh")
    client.command("goleak.status")
    assert [m["method"] for m in client.seen[before:] if "method" in m] == []
    assert lens_lines(client, uri)


def test_commands_about_a_finding_are_actions_of_their_own_kinds(client, workspace):
    uri = started(client, workspace)
    told = {a["kind"]: a for a in actions(client, uri, workspace.line) if a["kind"] != "quickfix"}
    assert set(told) == {"goleak.showStacks", "goleak.ignore"}
    assert all("edit" not in action and action["command"]["command"] == kind for kind, action in told.items())
    assert [a["kind"] for a in actions(client, uri, workspace.line, ["goleak.ignore"])] == ["goleak.ignore"]
    page = client.command("goleak.showStacks", *told["goleak.showStacks"]["command"]["arguments"])["result"]
    assert WORDS in page


def test_ignoring_a_finding_writes_its_rule(client, workspace):
    uri = started(client, workspace)
    settings = workspace.root / ".goleak.toml"
    settings.write_text("# Ours.\n[poll]\ninterval = 0\n")
    [action] = actions(client, uri, workspace.line, ["goleak.ignore"])
    rule = client.command("goleak.ignore", *action["command"]["arguments"])["result"]
    assert rule["function"] == "main.myLeakyFunction" and rule["file"] == "main.go"
    assert lens_lines(client, uri) == []
    assert client.command("goleak.status")["result"]["ignored"] == 1
    told = [m for m in client.seen if m.get("method") == "textDocument/publishDiagnostics"]
    assert told[-1]["params"]["diagnostics"] == []
    written = tomllib.loads(settings.read_text())
    assert written == {"poll": {"interval": 0}, "ignore": [rule]} and settings.read_text().startswith("# Ours.\n")
    assert "no finding" in client.command("goleak.ignore", "nothing")["error"]["message"]


def test_a_rule_that_the_editor_s_settings_would_hide_is_not_written(client, workspace):
    uri = started(client, workspace, ignore=[{"function": "other"}])
    [action] = actions(client, uri, workspace.line, ["goleak.ignore"])
    answer = client.command("goleak.ignore", *action["command"]["arguments"])
    assert "main.myLeakyFunction" in answer["error"]["message"]
    assert not (workspace.root / ".goleak.toml").exists()
    assert lens_lines(client, uri)


@pytest.mark.parametrize("editor", sorted(path.stem for path in RECORDED.glob("*.json")))
def test_related_places_go_to_editors_that_show_them(client, workspace, editor):
    client.initialize(workspace.root, {"sources": [workspace.leak]}, editor)
    uri = client.open(workspace.main)
    [found] = client.diagnostics(uri, bool)["diagnostics"]
    recorded = json.loads((RECORDED / f"{editor}.json").read_text())["capabilities"]["textDocument"]
    assert ("relatedInformation" in found) == bool(recorded["publishDiagnostics"].get("relatedInformation"))
    rows = workspace.main.read_text().split("\n")
    for related in found.get("relatedInformation", []):
        start = related["location"]["range"]["start"]
        row = rows[start["line"]][start["character"] :]
        assert related["location"]["uri"] == uri
        assert row.startswith({"ch is made here": "ch := make(chan int)", "started here": "go "}[related["message"]])


def test_related_places_follow_edits(client, workspace):
    uri = started(client, workspace)
    client.change(uri, 2, insert(0, 0, "// a\n// b\n"))
    [found] = client.diagnostics(uri, bool, 3)["diagnostics"]
    rows = ("// a\n// b\n" + workspace.main.read_text()).split("\n")
    starts = [r["location"]["range"]["start"] for r in found["relatedInformation"] if "made" in r["message"]]
    assert [rows[start["line"]][start["character"] :][:10] for start in starts] == ["ch := make"]


@pytest.mark.parametrize("editor", ["vscode-1.139.1", "helix-25.01.1"])
def test_the_flame_graph_is_a_page_that_the_editor_shows_if_it_can(client, workspace, editor):
    client.initialize(workspace.root, {}, editor)
    assert "no source" in client.command("goleak.showFlameGraph")["error"]["message"]
    client.command("goleak.load", workspace.plain)
    uri = client.command("goleak.showFlameGraph")["result"]
    page = Path(url2pathname(urlsplit(uri).path))
    try:
        assert "main.myLeakyFunction" in page.read_text() and page.parent.stat().st_mode & 0o077 == 0
    finally:
        shutil.rmtree(page.parent)
    client.command("goleak.status")
    shown = [m["params"] for m in client.seen if m.get("method") == "window/showDocument"]
    recorded = json.loads((RECORDED / f"{editor}.json").read_text())["capabilities"]
    able = recorded.get("window", {}).get("showDocument", {}).get("support", False)
    assert shown == ([{"uri": uri, "external": True}] if able else [])
