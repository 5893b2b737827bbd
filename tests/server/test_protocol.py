"""What a server is held to, and each of the traps of the library below it."""

import json
import os
import subprocess
import sys
import threading
import time

from support.client import Client
from support.pprof_server import serving


def code(answer: dict) -> int:
    return answer["error"]["code"]


def test_requests_before_initialize_are_refused(client):
    assert code(client.request("textDocument/hover", {})) == -32002


def test_requests_after_shutdown_are_refused(client, workspace):
    client.initialize(workspace.root)
    assert client.result("shutdown") is None
    assert code(client.request("textDocument/hover", {})) == -32600


def test_unknown_requests_are_refused(client, workspace):
    client.initialize(workspace.root)
    assert code(client.request("goleak/nothing", {})) == -32601


def test_exit_after_shutdown_ends_with_zero_and_without_it_with_one(client, workspace):
    client.initialize(workspace.root)
    client.result("shutdown")
    client.notify("exit")
    assert client.process.wait(5) == 0
    with Client() as other:
        other.initialize(workspace.root)
        other.notify("exit")
        assert other.process.wait(5) == 1


def test_the_end_of_stdin_ends_the_server(client, workspace):
    client.initialize(workspace.root)
    client.process.stdin.close()
    assert client.process.wait(5) == 1


def test_the_server_ends_when_the_editor_is_gone(workspace):
    """Standard input stays open, as it does when another child of the editor inherited it."""
    editor = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    with Client() as client:
        client.result("initialize", {"processId": editor.pid, "rootUri": None, "capabilities": {}})
        editor.communicate()
        assert client.process.wait(5) in (0, 1)


def test_malformed_messages_are_answered_and_forgotten(client, workspace):
    client.initialize(workspace.root)
    client.raw(b"Content-Length: 3\r\n\r\n{x}")
    assert code(client.until(lambda m: m.get("id", 0) is None)) == -32700
    client.send({"id": 77, "method": "textDocument/hover", "params": {"textDocument": 5}})
    assert code(client.until(lambda m: m.get("id") == 77)) == -32602
    assert client.command("goleak.status")["result"]["placed"] == 0
    assert b"Traceback" not in b"".join(client.errors)


def test_a_message_of_a_petabyte_ends_the_connection_at_once(client):
    client.raw(b"Content-Length: 1000000000000000\r\n\r\n")
    assert client.process.wait(5) == 1


def test_a_cancelled_request_is_answered_exactly_once(client, workspace, tmp_path):
    client.initialize(workspace.root)
    number = client.ask("workspace/executeCommand", {"command": "goleak.load", "arguments": [workspace.leak]})
    client.notify("$/cancelRequest", {"id": number})
    client.until(lambda m: m.get("id") == number and "method" not in m)
    client.command("goleak.status")
    assert sum(m.get("id") == number and "method" not in m for m in client.seen) == 1


def test_shutdown_while_commands_run_is_answered(client, workspace):
    client.initialize(workspace.root)
    for _ in range(5):
        client.ask("workspace/executeCommand", {"command": "goleak.load", "arguments": [workspace.leak]})
    assert client.result("shutdown") is None


def test_a_line_ends_at_a_newline_only(client, workspace):
    """Form feeds and Unicode separators are no line breaks to Go, and so not to us."""
    text = "// \x0c \x85 \u2028 \U0001f600\n" + workspace.main.read_text()
    client.initialize(workspace.root, {"sources": [workspace.leak]})
    workspace.main.write_text(text)
    uri = client.open(workspace.main, text)
    found = client.diagnostics(uri, bool)["diagnostics"]
    assert found[0]["range"]["start"]["line"] == workspace.line


def test_positions_are_utf16(client, workspace):
    source = workspace.main.read_text().replace("<-ch //", "/* \U0001f600é */ <-ch //")
    workspace.main.write_text(source)
    answer = client.initialize(workspace.root, {"sources": [workspace.leak]})
    assert answer["capabilities"]["positionEncoding"] == "utf-16"
    uri = client.open(workspace.main)
    start = client.diagnostics(uri, bool)["diagnostics"][0]["range"]["start"]
    row = source.split("\n")[start["line"]]
    assert row.encode("utf-16-le")[start["character"] * 2 :].decode("utf-16-le").startswith("<-ch")


def test_standard_output_carries_the_protocol_only(client, workspace):
    client.initialize(workspace.root, {"sources": [workspace.leak, "/does/not/exist", 5]})
    client.open(workspace.main)
    client.diagnostics(workspace.uri, bool)
    client.result("shutdown")
    assert b"Traceback" not in b"".join(client.errors)


def test_nothing_is_computed_while_nothing_happens(client, workspace):
    """Processor time in five idle seconds: a timer of ours would show."""
    client.initialize(workspace.root, {})
    client.command("goleak.status")
    # The answer is read before the server has gone back to sleep.
    while (before := (_ticks(client.process.pid), _switches(client.process.pid))) != _after(0.5, client.process.pid):
        assert client.process.poll() is None
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        assert client.process.poll() is None
        time.sleep(0.5)
    assert _ticks(client.process.pid) == before[0]
    assert _switches(client.process.pid) == before[1]


def _after(seconds: float, pid: int) -> tuple[int, int]:
    time.sleep(seconds)
    return _ticks(pid), _switches(pid)


def _ticks(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _switches(pid: int) -> int:
    """How often any thread of the process has given up the processor of its own will."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt"))
    return total


def test_initialization_options_may_be_the_section_or_hold_it(workspace):
    for options in ({"sources": [workspace.leak]}, {"goleak": {"sources": [workspace.leak]}}):
        with Client() as client:
            client.initialize(workspace.root, options)
            assert client.diagnostics(workspace.uri, bool)["diagnostics"][0]["source"] == "goleak"


def test_every_recorded_editor_gets_its_diagnostic(workspace):
    from support.client import RECORDED

    for recorded in sorted(RECORDED.glob("*.json")):
        with Client() as client:
            client.initialize(workspace.root, {"sources": [workspace.leak]}, recorded.stem)
            uri = client.open(workspace.main)
            [found] = client.diagnostics(uri, bool)["diagnostics"]
            assert found["message"].startswith("135 goroutines blocked here"), recorded.stem
            assert json.dumps(found)


def test_what_is_offered_is_what_is_there(client, workspace):
    """No pulled diagnostics beside the pushed ones, and no resolving that is not answered."""
    offered = client.initialize(workspace.root)["capabilities"]
    assert "diagnosticProvider" not in offered
    assert not offered["codeLensProvider"].get("resolveProvider")
    assert not offered["codeActionProvider"].get("resolveProvider")
    assert "goleak.refresh" in offered["executeCommandProvider"]["commands"]
    assert offered["textDocumentSync"]["change"] == 2


def test_nothing_of_a_message_is_logged(client, workspace):
    client.initialize(workspace.root, {"sources": ["http://user:secret@127.0.0.1:1"]})
    client.open(workspace.main)
    client.command("goleak.status")
    client.result("shutdown")
    client.notify("exit")
    client.process.wait(5)
    assert b"".join(client.errors) == b""
    assert "secret" not in json.dumps(client.seen)


def test_a_cancelled_command_stops_its_work(client, workspace):
    """The target that a cancelled command asked is let go."""
    ended = threading.Event()

    def never(handler):
        handler.connection.settimeout(5)
        # The server closes the connection: then there is nothing more to read.
        if handler.connection.recv(1) == b"":
            ended.set()

    with serving({"/debug/pprof/": never}) as target:
        client.initialize(workspace.root)
        number = client.ask("workspace/executeCommand", {"command": "goleak.attach", "arguments": [target.address]})
        while not target.asked:
            client.command("goleak.status")
        client.notify("$/cancelRequest", {"id": number})
        answer = client.until(lambda m: m.get("id") == number and "method" not in m)
        assert answer["error"]["code"] == -32800
        assert ended.wait(3)
