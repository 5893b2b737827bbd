"""Leak tests and make-testable over the protocol: built first, written by the editor alone."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from support import synthesis
from support.archive import Archive, module
from support.client import RECORDED, Client

SOURCE = """package app

func compute() int { return 1 }

func ask(late bool) int {
	ch := make(chan int)
	go func() {
		ch <- compute() //@leaked(51, "chan send", function="ask.func1")
	}()
	if late {
		return 0
	}
	return <-ch
}

func feed(out chan<- int) {
	go func() {
		for i := 0; ; i++ {
			out <- i //@leaked(52, "chan send", function="feed.func1")
		}
	}()
}

func serve() {
	ask(false)
	for range 3 {
		ask(true)
	}
	out := make(chan int)
	feed(out)
	println(<-out)
}
"""
SEND, GO, FEED = 7, 16, 18
LEAK_TEST, MAKE_TESTABLE = "goleak.leakTest", "refactor.rewrite"


class App:
    def __init__(self, root: Path) -> None:
        self.root = root
        archive = Archive(Path("app.txtar"), "", {"app.go": SOURCE})
        module(root, [archive])
        self.profiles = synthesis.write(root / "profiles", "protobuf", synthesis.groups([archive]))
        self.path = root / "app" / "app.go"

    def show(self, client: Client, **options) -> None:
        client.initialize(self.root, {"sources": [self.profiles], **options})
        client.open(self.path, SOURCE)
        client.diagnostics(self.path.as_uri(), bool)
        client.verified(60)

    def actions(self, client: Client, line: int, *only: str) -> list[dict]:
        place = {"line": line, "character": 1}
        context = {"diagnostics": [], **({"only": list(only)} if only else {})}
        params = {"textDocument": {"uri": self.path.as_uri()}, "range": {"start": place, "end": place}}
        return client.result("textDocument/codeAction", params | {"context": context})

    def go(self, *command: str) -> tuple[int, str]:
        environment = os.environ | {"GOFLAGS": "", "GOWORK": "off"}
        done = subprocess.run(["go", *command], cwd=self.root, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def app(tmp_path) -> App:
    return App((tmp_path / "ws").resolve())


def test_a_leak_test_is_a_new_file_that_fails(client, app):
    app.show(client)
    before = sorted(app.path.parent.iterdir())
    (action,) = app.actions(client, SEND, LEAK_TEST)
    assert action["title"] == "Write a leak test for ask (app_leak_test.go)"
    assert "isPreferred" not in action
    created, text = action["edit"]["documentChanges"]
    path = app.path.with_name("app_leak_test.go")
    assert created == {"kind": "create", "uri": path.as_uri()}
    assert text["textDocument"] == {"uri": path.as_uri(), "version": None}
    assert sorted(app.path.parent.iterdir()) == before
    path.write_text(text["edits"][0]["newText"])
    status, said = app.go("test", "./app")
    assert status == 1
    assert "app.ask.func1(" in said
    assert app.actions(client, SEND) != []
    assert LEAK_TEST not in {a["kind"] for a in app.actions(client, SEND)}


def test_who_asks_for_a_leak_test_is_told_why_there_is_none(client, app):
    app.path.with_name("app_leak_test.go").write_text("package app\n")
    app.show(client)
    (action,) = app.actions(client, SEND, LEAK_TEST)
    assert action["disabled"] == {"reason": "there is app_leak_test.go already"}
    assert "edit" not in action
    assert LEAK_TEST not in {a["kind"] for a in app.actions(client, SEND)}


def test_a_goroutine_can_be_given_an_end_and_a_wait(client, app):
    app.show(client)
    (action,) = app.actions(client, FEED, MAKE_TESTABLE)
    assert app.actions(client, GO) == [action]
    assert action["title"] == "Let feed return a function that ends its goroutine and waits for it"
    (change,) = action["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": app.path.as_uri(), "version": 1}


def test_they_are_no_quick_fixes(client, app):
    app.show(client)
    kinds = {a["kind"] for a in app.actions(client, FEED)}
    assert {"goleak.leakTest", "refactor.rewrite.goleak.makeTestable", "quickfix"} <= kinds
    assert {a["kind"] for a in app.actions(client, FEED, "quickfix")} == {"quickfix"}


def test_where_nothing_is_built_none_is_offered(client, app):
    app.show(client, fixes={"verify": False})
    assert app.actions(client, SEND, LEAK_TEST, MAKE_TESTABLE) == []


def test_an_editor_that_creates_no_files_gets_no_leak_test(client, app, monkeypatch):
    recorded = json.loads((RECORDED / "vscode-1.139.1.json").read_text())
    del recorded["capabilities"]["workspace"]["workspaceEdit"]["resourceOperations"]
    recording = app.root.parent / "none.json"
    recording.write_text(json.dumps(recorded))
    monkeypatch.setattr("support.client.RECORDED", recording.parent)
    client.initialize(app.root, {"sources": [app.profiles]}, "none")
    client.open(app.path, SOURCE)
    client.diagnostics(app.path.as_uri(), bool)
    client.verified(60)
    assert app.actions(client, SEND, LEAK_TEST) == []
    assert len(app.actions(client, FEED, MAKE_TESTABLE)) == 1
