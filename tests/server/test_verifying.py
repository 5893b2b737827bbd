"""Fixes are built and vetted in the background by the real go command, before one is preferred."""

import os
import time
from pathlib import Path

import pytest
from support import synthesis
from support.archive import Archive, module
from support.client import Client, apply, insert, replace

SOURCE = """package app

import "errors"

func compute() int { return 1 }

func ask(late bool) (int, error) {
	ch := make(chan int)
	go func() {
		ch <- compute() //@leaked(51, "chan send", function="ask.func1")
	}()
	if late {
		return 0, errors.New("late")
	}
	return <-ch, nil
}

func listen(in <-chan string) string {
	return <-in //@leaked(53, "chan receive")
}

func again(late bool) int {
	ch := make(chan int)
	go func() {
		ch <- compute() //@leaked(54, "chan send", function="again.func1")
	}()
	if late {
		return 0
	}
	return <-ch
}
"""
BUFFER = "Give ch a buffer of one"
GIVE_UP = "Give up after 5 s (time.After)"
FIX_ALL = "source.fixAll.goleak"


class App:
    """A module with a leaking package, its profiles, and the editor that has it open."""

    def __init__(self, root: Path, source: str = SOURCE) -> None:
        self.root, self.source, self.version = root, source, 1
        archive = Archive(Path("app.txtar"), "", {"app.go": source})
        module(root, [archive])
        self.profiles = synthesis.write(root / "profiles", "protobuf", synthesis.groups([archive]))
        self.path = root / "app" / "app.go"
        self.uri = self.path.as_uri()

    def write(self, name: str, text: str) -> Path:
        path = self.root / "app" / name
        path.write_text(text)
        return path

    def show(self, client: Client, **options) -> None:
        """Starts a session with the package's file open, and waits until its findings are there."""
        client.initialize(self.root, {"sources": [self.profiles], **options})
        client.open(self.path, self.source)
        client.diagnostics(self.uri, bool)

    def line(self, text: str) -> int:
        return self.source[: self.source.index(text)].count("\n")

    def actions(self, client: Client, text: str, only=("quickfix",)) -> list[dict]:
        place = {"line": self.line(text), "character": 1}
        context = {"diagnostics": [], **({"only": list(only)} if only else {})}
        params = {"textDocument": {"uri": self.uri}, "range": {"start": place, "end": place}, "context": context}
        return client.result("textDocument/codeAction", params)

    def titles(self, client: Client, text: str) -> list[tuple[str, bool]]:
        return [(a["title"], a.get("isPreferred", False)) for a in self.actions(client, text)]

    def first(self, client: Client) -> tuple[str, bool]:
        """The first fix for the send, and whether it is preferred."""
        return self.titles(client, "ch <- compute()")[0]

    def change(self, client: Client, *changes: dict) -> None:
        self.version += 1
        client.change(self.uri, self.version, *changes)


@pytest.fixture
def app(tmp_path) -> App:
    return App((tmp_path / "ws").resolve())


def status(client: Client) -> dict:
    return client.command("goleak.status")["result"]


def tree(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_a_fix_that_builds_becomes_preferred_and_nothing_is_written(client, app):
    before = tree(app.root)
    app.show(client)
    client.verified()
    assert app.first(client) == (BUFFER, True)
    assert app.first(client) == (BUFFER, True)
    assert (GIVE_UP, False) in app.titles(client, "return <-in")
    assert tree(app.root) == before


def test_nothing_is_preferred_before_it_is_verified(client, app):
    app.show(client)
    assert status(client)["verifying"] > 0
    assert app.first(client) == (BUFFER, False)
    # What was asked too early is told again, so that the editor asks once more.
    client.diagnostics(app.uri, bool, 30)
    assert app.first(client) == (BUFFER, True)


def test_a_fix_that_does_not_build_is_withdrawn_with_a_reason(client, app):
    """The package has a `time` of its own in another file, which the import would clash with."""
    app.write("own.go", "package app\n\nvar time = 1\n")
    app.show(client)
    client.verified()
    assert app.first(client) == (BUFFER, True)
    assert [title for title, _ in app.titles(client, "return <-in") if "time.After" in title] == []
    place = {"textDocument": {"uri": app.uri}, "position": {"line": app.line("return <-in"), "character": 8}}
    page = client.result("textDocument/hover", place)["contents"]["value"]
    assert "withdrawn (timeout\\-case)" in page or "withdrawn \\(timeout-case\\)" in page, page


def test_unsaved_texts_are_what_is_built(client, app):
    """The clash is in a buffer that was never saved, and goes with it."""
    app.write("own.go", "package app\n")
    app.show(client)
    other = client.open(app.root / "app" / "own.go", "package app\n\nvar time = 1\n")
    client.verified()
    assert [title for title, _ in app.titles(client, "return <-in") if "time.After" in title] == []
    client.change(other, 2, {"text": "package app\n"})
    client.verified()
    assert (GIVE_UP, False) in app.titles(client, "return <-in")


def test_a_package_that_does_not_build_as_it_is_has_no_preferred_fix(client, app):
    app.write("broken.go", "package app\n\nvar broken int = missing\n")
    app.show(client)
    client.verified()
    assert app.first(client) == (f"{BUFFER} (not verified: the package does not build as it is)", False)


def test_a_save_has_doubts_looked_at_again(client, app):
    broken = app.write("broken.go", "package app\n\nvar broken int = missing\n")
    app.show(client)
    client.verified()
    broken.write_text("package app\n\nvar missing int\n")
    client.notify("textDocument/didSave", {"textDocument": {"uri": app.uri}})
    client.verified()
    assert app.first(client) == (BUFFER, True)


def test_without_go_fixes_are_offered_and_say_so(app):
    with Client(env={"PATH": "/nowhere"}) as client:
        app.show(client)
        client.verified()
        assert app.first(client) == (f"{BUFFER} (not verified: there is no go command)", False)
        assert app.actions(client, "ch", [FIX_ALL]) == []


def test_without_verification_what_is_safe_is_preferred_at_once(app):
    with Client(env={"PATH": "/nowhere"}) as client:
        app.show(client, fixes={"verify": False})
        assert app.first(client) == (BUFFER, True)


def fake_go(folder: Path, script: str) -> dict[str, str]:
    """An environment whose go command is a shell script."""
    folder.mkdir()
    (folder / "go").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "go").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script that stands for go")
def test_go_is_not_run_where_the_client_or_the_user_does_not_trust(app, tmp_path):
    ran = tmp_path / "ran"
    env = fake_go(tmp_path / "bin", f"touch {ran}; exit 1") | {"XDG_STATE_HOME": str(tmp_path / "state")}
    words = f"{BUFFER} (not verified: the workspace is not trusted)"
    with Client(env=env) as client:
        app.show(client, trusted=False)
        client.verified()
        assert app.first(client) == (words, False)
    # The workspace asks for a source that the user does not agree to.
    (app.root / ".goleak.toml").write_text("baseline = 'http://127.0.0.1:1'\n")
    with Client(env=env) as client:
        app.show(client)
        client.verified()
        assert app.first(client) == (words, False)
    assert not ran.exists()


def _wait(condition, seconds: float = 10) -> None:
    """Waits until something has happened; the tests ask instead of sleeping a fixed time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script that stands for go")
@pytest.mark.parametrize("how", ["edit", "exit"])
def test_an_edit_and_the_end_cancel_the_build(app, tmp_path, how):
    started = tmp_path / "started"
    env = fake_go(tmp_path / "bin", f"echo $$ >> {started}; exec sleep 60")
    with Client(env=env) as client:
        app.show(client)
        _wait(lambda: started.exists() and started.read_text().endswith("\n"))
        first = int(started.read_text().split()[0])
        assert status(client)["verifying"] > 0 and not _is_gone(first)
        assert len(started.read_text().split()) == 1
        if how == "edit":
            app.change(client, insert(0, 0, "// edited\n"))
            _wait(lambda: _is_gone(first))
            # Typing has paused: the next one builds the text as it is now.
            _wait(lambda: len(started.read_text().split()) == 2)
        client.result("shutdown")
        client.notify("exit")
        assert client.process.wait(5) == 0
    assert all(_is_gone(int(pid)) for pid in started.read_text().split())


def test_after_an_edit_fixes_are_for_the_new_version(client, app):
    app.show(client)
    client.verified()
    app.change(client, insert(0, 0, "// edited\n"))
    app.source = "// edited\n" + app.source
    action = app.actions(client, "ch <- compute()")[0]
    [change] = action["edit"]["documentChanges"]
    assert change["textDocument"]["version"] == 2 and not action.get("isPreferred")
    client.verified()
    action = app.actions(client, "ch <- compute()")[0]
    assert action["isPreferred"] is True and "make(chan int, 1)" in apply(app.source, action["edit"], app.uri)


def test_an_edit_of_another_package_takes_nothing_back(client, app):
    app.show(client)
    client.verified()
    elsewhere = app.root / "elsewhere.go"
    elsewhere.write_text("package elsewhere\n")
    other = client.open(elsewhere)
    client.change(other, 2, insert(0, 0, "// x\n"))
    assert app.first(client) == (BUFFER, True)


def test_all_preferred_fixes_of_a_file_only_when_asked_for_by_name(client, app):
    app.show(client)
    client.verified()
    for only in (None, ["source"], ["source.fixAll"], ["quickfix"], ["source.fixAll.gopls"], [""]):
        kinds = {action["kind"] for action in app.actions(client, "package app", only)}
        assert FIX_ALL not in kinds, only
    [action] = app.actions(client, "package app", [FIX_ALL])
    assert action["kind"] == FIX_ALL and not action.get("isPreferred")
    [change] = action["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": app.uri, "version": 1}
    after = apply(app.source, action["edit"], app.uri)
    assert after == app.source.replace("make(chan int)", "make(chan int, 1)")


def test_all_fixes_at_once_do_not_run_yet_either(client, app):
    app.show(client)
    client.verified()
    [action] = app.actions(client, "package app", [FIX_ALL])
    # Asked for in between, a single fix forgets nothing of it.
    app.actions(client, "ch <- compute()")
    [change] = action["edit"]["documentChanges"]
    app.change(client, *({"range": e["range"], "text": e["newText"]} for e in reversed(change["edits"])))
    makes = [n for n, row in enumerate(app.source.split("\n")) if "make(chan int)" in row]
    assert len(makes) == 2
    for line in makes:
        place = {"textDocument": {"uri": app.uri}, "position": {"line": line, "character": 1}}
        page = client.result("textDocument/hover", place)["contents"]["value"]
        assert "the running program is still the old one" in page


def test_all_fixes_of_a_changed_file_are_for_its_new_text(client, app):
    app.show(client)
    client.verified()
    app.change(client, insert(0, 0, "// é\n"), replace(8, 0, 8, 0, "\t// \U0001f600\n"))
    head, tail = app.source.split("\tch := make(chan int)\n", 1)
    app.source = "// é\n" + head + "\t// \U0001f600\n\tch := make(chan int)\n" + tail
    client.verified()
    [action] = app.actions(client, "package app", [FIX_ALL])
    assert action["edit"]["documentChanges"][0]["textDocument"]["version"] == 2
    assert apply(app.source, action["edit"], app.uri) == app.source.replace("make(chan int)", "make(chan int, 1)")


SHARED = """package app

import "sync"

var mu sync.Mutex

func add(n int) {
	mu.Lock() //@leaked(51, "sync.Mutex.Lock")
	if n < 0 {
		return
	}
	mu.Unlock()
}
"""
ELSEWHERE = """package app

func remove(n int) {
	mu.Lock()
	if n < 0 {
		return
	}
	mu.Unlock()
}
"""


ELSEWHERE_FIXED = ELSEWHERE.replace("Lock()\n", "Lock()\n\tdefer mu.Unlock()\n", 1).replace("\tmu.Unlock()\n}", "}")


def edited_elsewhere(client: Client, app: App, other: Path, only: str) -> str:
    """The text of a closed file with what an action for the open one makes of it."""
    [action] = [a for a in app.actions(client, "mu.Lock()", [only]) if "Unlock mu" in a["title"] or only == FIX_ALL]
    [change] = [c for c in action["edit"]["documentChanges"] if c["textDocument"]["uri"] == other.as_uri()]
    assert change["textDocument"]["version"] is None
    return apply(other.read_text(), {"documentChanges": [change]}, other.as_uri())


def test_a_file_that_is_closed_unsaved_is_edited_as_it_is_on_disk(client, tmp_path):
    app = App((tmp_path / "ws").resolve(), SHARED)
    other = app.write("other.go", ELSEWHERE)
    app.show(client)
    uri = client.open(other, "// Never saved.\n\n" + ELSEWHERE)
    client.verified()
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert edited_elsewhere(client, app, other, "quickfix") == ELSEWHERE_FIXED


def test_a_closed_file_that_has_changed_is_edited_as_it_is_now(client, tmp_path):
    app = App((tmp_path / "ws").resolve(), SHARED)
    other = app.write("other.go", ELSEWHERE)
    app.show(client)
    client.verified()

    def edited(only: str) -> str:
        return edited_elsewhere(client, app, other, only)

    wanted = ELSEWHERE_FIXED
    assert edited("quickfix") == edited(FIX_ALL) == wanted
    other.write_text("// Another tool was here.\n\n" + ELSEWHERE)
    assert edited("quickfix") == "// Another tool was here.\n\n" + wanted
    client.verified()
    other.write_text("// And once more, too.\n" + ELSEWHERE)
    assert app.actions(client, "mu.Lock()", [FIX_ALL]) == []
    client.verified()
    assert edited(FIX_ALL) == "// And once more, too.\n" + wanted


OVERLAP = """package app

func pair(late bool) int {
	ch := make(chan int)
	go func() {
		if late {
			ch <- 1 //@leaked(51, "chan send", function="pair.func1")
			return
		}
		ch <- 2 //@leaked(52, "chan send", function="pair.func1")
	}()
	if late {
		return 0
	}
	return <-ch
}
"""


def test_one_edit_that_answers_two_findings_is_made_once(client, tmp_path):
    app = App((tmp_path / "ws").resolve(), OVERLAP)
    app.show(client)
    client.verified()
    [action] = app.actions(client, "package app", [FIX_ALL])
    assert apply(app.source, action["edit"], app.uri) == OVERLAP.replace("make(chan int)", "make(chan int, 1)")
    assert "(2)" in action["title"]


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("// Code generated by hand. DO NOT EDIT.\n\n", "generated"),
        ("//go:build never_set\n\n", "never\\_set"),
        ("package app\n\nimport \"C\"\n", "cgo"),
    ],
)
def test_files_that_no_fix_may_change_say_why(client, tmp_path, head, reason):
    source = SOURCE.replace("package app\n", head, 1) if head.startswith("package") else head + SOURCE
    app = App((tmp_path / "ws").resolve(), source)
    app.show(client)
    client.verified()
    assert app.actions(client, "ch <- compute()") == []
    place = {"textDocument": {"uri": app.uri}, "position": {"line": app.line("ch <- compute()"), "character": 3}}
    page = client.result("textDocument/hover", place)["contents"]["value"]
    assert "No quick fix" in page and reason in page, page


def test_a_syntax_error_that_is_being_typed_is_a_reason(client, app):
    app.show(client)
    client.verified()
    app.change(client, insert(app.line("return <-in"), 0, "\tif {\n"))
    app.source = app.source.replace("\treturn <-in", "\tif {\n\treturn <-in", 1)
    assert app.actions(client, "ch <- compute()") == []
    place = {"textDocument": {"uri": app.uri}, "position": {"line": app.line("ch <- compute()"), "character": 3}}
    assert "has syntax errors" in client.result("textDocument/hover", place)["contents"]["value"]
