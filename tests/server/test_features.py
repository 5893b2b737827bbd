"""Diagnostics, lenses, hints, hovers and fixes over the wire, and after edits."""

from support.client import Client, insert, replace

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
    client.change(uri, 3, insert(workspace.line + 2, 1, "/* é */ "), replace(0, 0, 1, 0, ""))
    assert lens_lines(client, uri)[0][0] == workspace.line + 1
    told = client.diagnostics(uri, lambda found: found and found[0]["range"]["start"]["line"] == workspace.line + 1, 3)
    assert told["version"] == 3


def test_a_formatter_that_replaces_the_whole_file_moves_nothing_else(client, workspace):
    uri = started(client, workspace)
    text = "// a new first line\n" + workspace.main.read_text()
    client.change(uri, 2, {"text": text})
    assert lens_lines(client, uri)[0][0] == workspace.line + 1


def test_a_deleted_operation_has_no_line(client, workspace):
    uri = started(client, workspace)
    client.change(uri, 2, replace(workspace.line, 0, workspace.line + 1, 0, ""))
    assert lens_lines(client, uri) == []
    assert client.diagnostics(uri, lambda found: not found, 3)["version"] == 2


def test_fixes_name_their_diagnostic_and_version(client, workspace):
    uri = started(client, workspace)
    found = actions(client, uri, workspace.line)
    assert found and len({action["title"] for action in found}) == len(found)
    assert sum(bool(action.get("isPreferred")) for action in found) <= 1
    for action in found:
        assert action["kind"] == "quickfix" and action["diagnostics"][0]["source"] == "goleak"
        [change] = action["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": uri, "version": 1}
    assert found == actions(client, uri, workspace.line)


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
