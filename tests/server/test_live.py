"""Live targets, files that change, settings in layers, and agreement to a workspace's own sources."""

import gzip
import re
import time
from pathlib import Path

import pytest
from support.client import Client, insert, replace
from support.pprof_server import INDEX, serving

from goleak_lsp.profile import profile_pb2

WORDS = "135 goroutines blocked here"
ALLOW = {"title": "Allow"}
PLAIN, LEAK = "/debug/pprof/goroutine", "/debug/pprof/goroutineleak"


def answers(workspace) -> dict:
    return {
        "/debug/pprof/": INDEX,
        PLAIN: Path(workspace.plain).read_bytes(),
        LEAK: Path(workspace.leak).read_bytes(),
    }


def scaled(profile: bytes, count: int) -> bytes:
    """A profile whose leaking stack has ``count`` goroutines."""
    message = profile_pb2.Profile()
    message.ParseFromString(gzip.decompress(profile))
    for sample in message.sample:
        if sample.value[0] == 135:
            sample.value[0] = count
    return message.SerializeToString()


@pytest.fixture
def target(workspace):
    with serving(answers(workspace)) as server:
        yield server


@pytest.fixture
def state(tmp_path) -> dict[str, str]:
    """An environment whose state folder is the test's own."""
    return {"XDG_STATE_HOME": str(tmp_path / "state")}


def titles(client: Client, uri: str) -> list[str]:
    found = client.result("textDocument/codeLens", {"textDocument": {"uri": uri}})
    return [lens["command"]["title"] for lens in found]


def status(client: Client) -> dict:
    return client.command("goleak.status")["result"]


def line_of(found: list[dict]) -> int:
    return found[0]["range"]["start"]["line"]


def test_a_live_target_is_read_at_the_start(client, workspace, target):
    client.initialize(workspace.root, {"sources": [target.address]})
    [found] = client.diagnostics(workspace.uri, bool)["diagnostics"]
    assert found["message"].startswith(WORDS) and "leaked" in found["message"]
    [source] = status(client)["sources"]
    assert source["state"] == "ok" and source["counts"]["goroutineleak"] == 135 and source["age"] is not None


def test_a_live_target_is_polled_and_a_poll_that_changes_nothing_sends_nothing(client, workspace, target):
    client.initialize(workspace.root, {"sources": [target.address], "poll": {"interval": 0.05}})
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    _wait(lambda: target.asked.count(PLAIN) >= 5)
    assert status(client)["placed"] == 1
    sent = [m["method"] for m in client.seen if "method" in m and "publishDiagnostics" in m["method"]]
    assert len(sent) == 1
    target.answers[PLAIN] = scaled(target.answers[PLAIN], 200)
    told = client.diagnostics(uri, lambda found: len(found) == 2)["diagnostics"]
    assert [d["message"].split(" ")[0] for d in told] == ["135", "65"]


def test_pause_stops_polling(client, workspace, target):
    client.initialize(workspace.root, {"sources": [target.address], "poll": {"interval": 0.05}})
    client.diagnostics(workspace.uri, bool)
    assert client.command("goleak.pause")["result"] is True
    status(client)
    asked = len(target.asked)
    for _ in range(10):
        status(client)
        time.sleep(0.05)
    assert len(target.asked) <= asked + 1
    client.command("goleak.refresh")
    assert len(target.asked) > asked
    assert client.command("goleak.pause")["result"] is False
    _wait(lambda: len(target.asked) > asked + 6)


def test_growth_of_a_live_process_is_found_without_a_base(client, workspace, target):
    """Only the plain profile is there, and the channel is not known to be the function's own."""
    source = workspace.main.read_text().replace("ch := make(chan int)", "ch := shared")
    workspace.main.write_text(source + "\nvar shared = make(chan int)\n")
    plain = target.answers[PLAIN]
    target.answers.pop(LEAK)
    target.answers["/debug/pprof/"] = INDEX.replace(b"goroutineleak", b"heap")
    target.answers[PLAIN] = scaled(plain, 10)
    client.initialize(workspace.root, {"sources": [target.address], "poll": {"interval": 0}})
    _wait(lambda: [source["state"] for source in status(client)["sources"]] == ["ok"])
    for count in (20, 30):
        assert status(client)["placed"] == 0
        target.answers[PLAIN] = scaled(plain, count)
        client.command("goleak.refresh")
    told = [m for m in client.seen if m.get("method") == "textDocument/publishDiagnostics"]
    [found] = told[-1]["params"]["diagnostics"]
    assert found["message"].startswith("30 goroutines blocked here") and "growing" in found["message"]


def test_a_target_that_goes_keeps_its_results_and_says_so_once(client, workspace):
    with serving(answers(workspace)) as server:
        client.initialize(workspace.root, {"sources": [server.address], "poll": {"interval": 0.05}})
        client.diagnostics(workspace.uri, bool)
    _wait(lambda: status(client)["sources"][0]["state"].startswith("failed"))
    for _ in range(5):
        assert status(client)["placed"] == 1
        time.sleep(0.05)
    assert [m for m in client.seen if m.get("method") == "window/showMessage"] == []
    logged = [m["params"]["message"] for m in client.seen if m.get("method") == "window/logMessage"]
    assert logged and len(logged) == len(set(logged))


def test_a_target_that_never_answered_is_shown_once(client, workspace):
    client.initialize(workspace.root, {"sources": ["http://127.0.0.1:1"], "poll": {"interval": 0.05}})
    shown = client.until(lambda m: m.get("method") == "window/showMessage")
    assert "http://127.0.0.1:1" in shown["params"]["message"] and "refused" in shown["params"]["message"]
    for _ in range(5):
        status(client)
        time.sleep(0.05)
    assert sum(m.get("method") == "window/showMessage" for m in client.seen) == 1


def test_at_most_three_messages_come_up(client, workspace):
    client.initialize(workspace.root, {"sources": [f"http://127.0.0.1:{port}" for port in range(1, 8)]})
    _wait(lambda: sum("refused" in source["state"] for source in status(client)["sources"]) == 7)
    assert sum(m.get("method") == "window/showMessage" for m in client.seen) == 3


def test_everything_is_answered_while_a_source_is_slow(client, workspace):
    def never(handler):
        handler.server.ended.wait(20)

    with serving({"/debug/pprof/": never}) as server:
        client.initialize(workspace.root, {"sources": [workspace.leak, server.address]})
        uri = client.open(workspace.main)
        client.diagnostics(uri, bool)
        begun = time.monotonic()
        assert titles(client, uri) == [WORDS]
        assert client.command("goleak.top")["result"]["findings"]
        assert time.monotonic() - begun < 2


def test_a_file_that_changes_is_read_again(client, workspace):
    path = workspace.root / "live.pb.gz"
    path.write_bytes(Path(workspace.leak).read_bytes())
    client.initialize(workspace.root, {"sources": ["live.pb.gz"], "poll": {"interval": 0.05}})
    client.diagnostics(workspace.uri, bool)
    path.write_bytes(scaled(Path(workspace.leak).read_bytes(), 7))
    told = client.diagnostics(workspace.uri, lambda d: d and d[0]["message"].startswith("7 goroutines"))
    assert told["diagnostics"]


def test_files_are_watched_by_the_editor_where_it_can(client, workspace):
    path = workspace.root / "watched.pb.gz"
    path.write_bytes(Path(workspace.leak).read_bytes())
    client.initialize(workspace.root, {"sources": ["watched.pb.gz"], "poll": {"interval": 0}})
    asked = client.until(lambda m: m.get("method") == "client/registerCapability")
    watchers = asked["params"]["registrations"][0]["registerOptions"]["watchers"]
    assert [watcher["globPattern"] for watcher in watchers] == [".goleak.toml", "watched.pb.gz"]
    path.write_bytes(scaled(path.read_bytes(), 7))
    changes = [{"uri": path.as_uri(), "type": 2}]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    client.diagnostics(workspace.uri, lambda found: found and found[0]["message"].startswith("7 goroutines"))
    settings = workspace.root / ".goleak.toml"
    settings.write_text('[severity]\nleaked = "off"\n')
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": settings.as_uri(), "type": 1}]})
    client.diagnostics(workspace.uri, lambda found: not found)


def test_sources_that_settings_list_no_more_are_dropped(client, workspace):
    current = {"sources": [workspace.leak]}
    client.answers["workspace/configuration"] = lambda params: [current]
    client.initialize(workspace.root, {})
    client.diagnostics(workspace.uri, bool)
    current = {"sources": []}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.diagnostics(workspace.uri, lambda found: not found)
    current = {}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    assert status(client)["sources"] == []


def test_a_client_that_pushes_its_settings_is_heard(client, workspace):
    client.result("initialize", {"processId": None, "rootUri": workspace.root.as_uri(), "capabilities": {}})
    client.notify("initialized", {})
    client.notify("workspace/didChangeConfiguration", {"settings": {"goleak": {"sources": [workspace.leak]}}})
    client.diagnostics(workspace.uri, bool)


def test_the_workspace_s_file_is_read_and_the_editor_s_settings_win(client, workspace):
    settings = '[codeLens]\nminimum = 200\n[severity]\nleaked = "error"\n'
    (workspace.root / ".goleak.toml").write_text(f"sources = ['{workspace.leak}']\n" + settings)
    client.initialize(workspace.root, {"codeLens": {"minimum": 1}})
    uri = client.open(workspace.main)
    [found] = client.diagnostics(uri, bool)["diagnostics"]
    assert found["severity"] == 1 and titles(client, uri) == [WORDS]


def ask(workspace, state: dict, answer: object) -> tuple[list[dict], dict]:
    """The questions that a new server asks, and its status after the answer."""
    with Client(env=state) as client:
        client.answers["window/showMessageRequest"] = lambda params: answer
        client.initialize(workspace.root, {})
        _wait(lambda: _answered(client) or (questions(client) and answer != ALLOW))
        return questions(client), status(client)


def _answered(client: Client) -> bool:
    return any(source["state"] == "ok" for source in status(client)["sources"])


def questions(client: Client) -> list[dict]:
    return [m["params"] for m in client.seen if m.get("method") == "window/showMessageRequest"]


def test_a_workspace_s_own_network_sources_need_agreement(workspace, target, state):
    path = workspace.root / ".goleak.toml"
    path.write_text(f"sources = ['{target.address}']\n")
    for refusal in (None, {"title": "Refuse"}):
        [question], found = ask(workspace, state, refusal)
        assert question["actions"][0]["title"] == "Allow" and question["actions"][-1]["title"] != "Allow"
        assert target.address in question["message"]
        assert found["sources"] == [] and target.asked == []
    ask(workspace, state, ALLOW)
    assert target.asked
    asked, found = ask(workspace, state, None)
    assert asked == [] and len(found["sources"]) == 1
    assert not list(workspace.root.glob("**/agreements*"))
    path.write_text(f"sources = ['{target.address}', 'http://127.0.0.1:1']\n")
    [question], found = ask(workspace, state, None)
    assert found["sources"] == []


def test_credentials_are_in_no_question_and_no_status(workspace, state):
    (workspace.root / ".goleak.toml").write_text("sources = ['http://user:secret@127.0.0.1:1/?token=abc']\n")
    [question], _ = ask(workspace, state, None)
    assert "secret" not in question["message"] and "abc" not in question["message"]


def test_standard_input_is_no_source(client, workspace):
    client.initialize(workspace.root, {"sources": ["-", workspace.leak]})
    client.diagnostics(workspace.uri, bool)
    assert "standard input" in client.command("goleak.load", "-")["error"]["message"]


def test_a_new_build_is_placed_on_the_saved_text(client, workspace):
    """The profile of the first build stays on its line after an edit and a save; so does one of the next build."""
    client.initialize(workspace.root, {"sources": [workspace.leak]})
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    client.change(uri, 2, insert(0, 0, "// one\n// two\n// three\n"))
    workspace.main.write_text("// one\n// two\n// three\n" + workspace.main.read_text())
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    client.command("goleak.load", workspace.leak)
    assert lines_of_lenses(client, uri) == [workspace.line]
    moved = profile_pb2.Profile()
    moved.ParseFromString(gzip.decompress(Path(workspace.leak).read_bytes()))
    for location in moved.location:
        for line in location.line:
            line.line += 3
    for function in moved.function:
        function.start_line += 3
    rebuilt = workspace.root / "rebuilt.pb"
    rebuilt.write_bytes(moved.SerializeToString())
    client.command("goleak.detach")
    client.command("goleak.load", str(rebuilt))
    assert lines_of_lenses(client, uri) == [workspace.line]
    [finding] = client.command("goleak.top")["result"]["findings"]
    assert finding["placed"] == "exact"


def test_closing_without_saving_goes_back_to_what_is_on_disk(client, workspace):
    client.initialize(workspace.root, {"sources": [workspace.leak]})
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    client.change(uri, 2, insert(0, 0, "// not saved\n"))
    client.diagnostics(uri, lambda found: found and line_of(found) == workspace.line + 1, 3)
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    client.diagnostics(uri, lambda found: found and line_of(found) == workspace.line, 3)


def test_opening_an_unsaved_text_places_findings_in_it(client, workspace):
    client.initialize(workspace.root, {"sources": [workspace.leak]})
    client.diagnostics(workspace.uri, bool)
    uri = client.open(workspace.main, "// restored by the editor\n" + workspace.main.read_text())
    assert lines_of_lenses(client, uri) == [workspace.line + 1]


def test_lenses_on_go_statements_and_of_all_places(client, workspace):
    dump = workspace.root / "profiles" / "go1.27-goroutine.debug2.txt"
    client.initialize(workspace.root, {"sources": [str(dump)]})
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    row = workspace.main.read_text().split("\n")
    lenses = {row[line].strip(): title for line, title in located(client, uri)}
    assert lenses["go myLeakyFunction(ctx)"] == "135 goroutines started here"
    assert len(lenses) == 2
    assert client.command("goleak.toggleCounts")["result"] == "all"
    lenses = {row[line].strip(): title for line, title in located(client, uri)}
    assert lenses["log.Fatal(http.Serve(listener, nil))"] == "1 goroutine blocked here"


def located(client: Client, uri: str) -> list[tuple[int, str]]:
    found = client.result("textDocument/codeLens", {"textDocument": {"uri": uri}})
    return [(lens["range"]["start"]["line"], lens["command"]["title"]) for lens in found]


def lines_of_lenses(client: Client, uri: str) -> list[int]:
    return [line for line, _ in located(client, uri)]


def test_typing_without_a_pause_does_not_hold_diagnostics_back(client, workspace):
    client.initialize(workspace.root, {"sources": [workspace.leak]})
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    begun, version = time.monotonic(), 1
    while time.monotonic() - begun < 2.5:
        version += 1
        client.change(uri, version, insert(0, 0, "//\n") if version % 2 == 0 else replace(0, 0, 1, 0, ""))
        time.sleep(0.1)
        titles(client, uri)
    sent = [m for m in client.seen if m.get("method") == "textDocument/publishDiagnostics"]
    assert len(sent) >= 2


def _wait(condition, seconds: float = 10) -> None:
    """Waits until something has happened; the tests ask instead of sleeping a fixed time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_ignored_findings_are_counted_and_not_shown(client, workspace):
    rule = {"function": "main.myLeaky*", "reason": "known"}
    client.initialize(workspace.root, {"sources": [workspace.leak], "ignore": [rule]})
    _wait(lambda: [source["state"] for source in status(client)["sources"]] == ["ok"])
    _wait(lambda: status(client)["ignored"] == 1)
    assert status(client)["placed"] == 0
    assert client.command("goleak.top")["result"]["findings"] == []


def test_what_no_line_blocks_in_is_shown_at_the_line_to_blame(client, workspace):
    """Goroutines of a response body that nobody closes have no frame of the user's."""
    source = workspace.main.read_text().replace("func main() {", BODY + "func main() {", 1)
    workspace.main.write_text(source)
    loop = ("runtime.gopark", "runtime.selectgo", "net/http.(*persistConn).readLoop")
    (workspace.root / "body.pb").write_bytes(_stack("goroutineleak", loop, 7))
    client.initialize(workspace.root, {"sources": ["body.pb"]})
    uri = client.open(workspace.main)
    [found] = client.diagnostics(uri, bool)["diagnostics"]
    assert source.split("\n")[line_of([found])].strip().startswith("response, err := http.Get(")
    assert found["message"].startswith("7 goroutines blocked in ") and "likely cause" in found["message"]
    assert found["data"]["placed"] == "none"
    assert titles(client, uri) == []


BODY = """func fetch() int {
	response, err := http.Get("http://localhost/")
	if err != nil {
		return 0
	}
	return response.StatusCode
}

"""


def _stack(kind: str, functions: tuple[str, ...], count: int) -> bytes:
    """A profile of one stack in the standard library."""
    message = profile_pb2.Profile()
    message.sample_type.add(type=1, unit=2)
    message.string_table.extend(["", kind, "count", "/usr/local/go/src/net/http/transport.go", *functions])
    for number in range(1, len(functions) + 1):
        message.function.add(id=number, name=number + 3, filename=3, start_line=1)
        message.location.add(id=number).line.add(function_id=number, line=9)
    message.sample.add(location_id=range(1, len(functions) + 1), value=[count])
    return message.SerializeToString()


def hover(client: Client, uri: str, line: int) -> str:
    place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": 1}}
    page = client.result("textDocument/hover", place)
    return page["contents"]["value"] if page else ""


def without_the_leak(profile: bytes) -> bytes:
    message = profile_pb2.Profile()
    message.ParseFromString(gzip.decompress(profile))
    kept = [sample for sample in message.sample if sample.value[0] != 135]
    del message.sample[:]
    message.sample.extend(kept)
    message.time_nanos += 10**10
    return message.SerializeToString()


def test_a_fix_that_was_made_does_not_run_yet_and_then_the_place_has_drained(client, workspace, target):
    client.initialize(workspace.root, {"sources": [target.address], "poll": {"interval": 0.05}})
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    place = {"line": workspace.line, "character": 1}
    asked = {"range": {"start": place, "end": place}, "context": {"diagnostics": [], "only": ["quickfix"]}}
    found = client.result("textDocument/codeAction", {"textDocument": {"uri": uri}, **asked})
    action = next(a for a in found if a["title"].startswith("Return when ctx is done"))
    edits = action["edit"]["documentChanges"][0]["edits"]
    client.change(uri, 2, *({"range": e["range"], "text": e["newText"]} for e in reversed(edits)))
    line, title = workspace.line, "the running program is still the old one"
    assert located(client, uri) == [(line + 1, WORDS), (line, title)]
    assert title in hover(client, uri, line)
    # It follows the text like everything else.
    client.change(uri, 3, insert(0, 0, "// above\n"))
    assert located(client, uri) == [(line + 2, WORDS), (line + 1, title)]
    # The program is built anew and started again.
    target.answers[LEAK] = without_the_leak(target.answers[LEAK])
    target.answers[PLAIN] = without_the_leak(target.answers[PLAIN])
    client.command("goleak.refresh")
    [(line, title)] = located(client, uri)
    assert line == workspace.line + 1 and re.fullmatch(r"gone since \d\d:\d\d", title)
    assert title in hover(client, uri, line)
    logged = [m["params"]["message"] for m in client.seen if m.get("method") == "window/logMessage"]
    assert any("main.go" in text and "135 goroutines gone since" in text for text in logged)


def test_a_place_that_drains_without_an_edit_says_so_until_it_fills_again(client, workspace, target):
    client.initialize(workspace.root, {"sources": [target.address], "poll": {"interval": 0}})
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    before = dict(target.answers)
    target.answers[LEAK], target.answers[PLAIN] = map(without_the_leak, (before[LEAK], before[PLAIN]))
    client.command("goleak.refresh")
    [(line, title)] = located(client, uri)
    assert line == workspace.line and title.startswith("gone since ")
    told = [m["params"] for m in client.seen if m.get("method") == "textDocument/publishDiagnostics"]
    assert told[-1]["diagnostics"] == []
    target.answers |= before
    client.command("goleak.refresh")
    assert located(client, uri) == [(workspace.line, WORDS)]


def test_what_goes_with_its_source_or_a_rule_has_not_drained(client, workspace, target):
    current = {"sources": [target.address], "poll": {"interval": 0}}
    client.answers["workspace/configuration"] = lambda params: [current]
    client.initialize(workspace.root, {})
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    current = current | {"ignore": [{"function": "main.myLeaky*"}]}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.diagnostics(uri, lambda found: not found)
    assert located(client, uri) == []
    client.command("goleak.detach")
    assert located(client, uri) == []


def test_a_file_that_is_loaded_anew_shows_nothing_about_a_running_program(client, workspace):
    path = workspace.root / "now.pb"
    path.write_bytes(Path(workspace.plain).read_bytes())
    client.initialize(workspace.root, {"sources": [str(path)]})
    uri = client.open(workspace.main)
    client.diagnostics(uri, bool)
    path.write_bytes(without_the_leak(Path(workspace.plain).read_bytes()))
    client.command("goleak.refresh")
    assert located(client, uri) == []
