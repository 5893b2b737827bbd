"""What is said of places whose code has changed, where git has the code that the profile was taken of."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support.client import Client
from support.commands import LEAK, LEAKY, report, run

RECEIVE = "\t<-ch //@blocked"


def git(root: Path, *arguments: str) -> None:
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, env=os.environ | identity | clean)


@pytest.fixture
def root(tmp_path) -> Path:
    """The leaky service, committed as the profile saw it."""
    folder = tmp_path / "leaky"
    folder.mkdir()
    for name in ("main.go", "go.mod"):
        shutil.copy(LEAKY / name, folder)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "as deployed")
    git(folder, "tag", "v1.4.0")
    return folder


def change(root: Path, old: str, new: str) -> None:
    text = (root / "main.go").read_text()
    assert old in text
    (root / "main.go").write_text(text.replace(old, new, 1))


def test_what_was_deleted_is_gone_and_points_nowhere(root):
    change(root, RECEIVE, "\t//@blocked")
    [found] = report(LEAK, cwd=root)["findings"]
    assert (found["placed"], found["file"], found["line"]) == ("none", None, None)
    assert found["reason"] == "gone since v1.4.0" and found["commit"] == "v1.4.0"
    listed = run("check", LEAK, cwd=root).stdout.partition("not placed in this source tree:")[2]
    assert "135 goroutines in myLeakyFunction" in listed and "gone since v1.4.0" in listed
    assert "why 135: gone since v1.4.0" in run("doctor", LEAK, cwd=root).stdout


def test_what_moved_names_the_commit_in_its_hover(root):
    change(root, RECEIVE, f"\tprintln()\n{RECEIVE}")
    with Client() as client:
        client.initialize(root, {"sources": [str(LEAK)]})
        uri = client.open(root / "main.go")
        [found] = client.diagnostics(uri, bool)["diagnostics"]
        assert found["data"]["placed"] == "moved"
        where = {"textDocument": {"uri": uri}, "position": found["range"]["start"]}
        page = client.result("textDocument/hover", where)["contents"]["value"]
        assert "matched with the source of v1.4.0" in page


def test_what_became_something_else_says_what_is_known(root):
    change(root, RECEIVE, "\t<-other //@blocked")
    with Client() as client:
        client.initialize(root, {"sources": [str(LEAK)]})
        uri = client.open(root / "main.go")
        [found] = client.diagnostics(uri, bool)["diagnostics"]
        assert found["data"]["placed"] == "function"
        where = {"textDocument": {"uri": uri}, "position": found["range"]["start"]}
        page = client.result("textDocument/hover", where)["contents"]["value"]
        assert "In this function: the code has changed since" in page and "It may be line" in page


def test_the_status_tells_why_a_place_is_missing(root):
    change(root, RECEIVE, "\t//@blocked")
    with Client() as client:
        client.initialize(root, {"sources": []})
        client.command("goleak.load", str(LEAK))
        status = client.command("goleak.status")["result"]
        assert (status["placed"], status["unplaced"]) == (0, 1)
        assert status["reasons"] == [{"function": "myLeakyFunction", "count": 135, "reason": "gone since v1.4.0"}]
        assert status["notes"] == []


TWICE = """package main

import (
	"os"
	"runtime/pprof"
	"time"
)

func serve(jobs, done chan int) {
	FIRST
	SECOND
}

func main() {
	for range 150 {
		go serve(make(chan int), make(chan int))
	}
	time.Sleep(100 * time.Millisecond)
	pprof.Lookup("goroutine").WriteTo(os.Stdout, 0)
}
"""


def committed(root: Path, first: str, second: str, tag: str) -> None:
    (root / "main.go").write_text(TWICE.replace("FIRST", first).replace("SECOND", second))
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", tag)
    git(root, "tag", tag)


def build_and_run(root: Path, out: Path) -> Path:
    """The program as Go's linker stamps it, and the profile that it gives, side by side."""
    out.mkdir()
    identity = os.environ | {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    subprocess.run(["go", "build", "-buildvcs=true", "-o", out / "app", "."], cwd=root, check=True, env=identity)
    with (out / "goroutine.pb.gz").open("wb") as profile:
        subprocess.run([out / "app"], check=True, stdout=profile)
    return out / "goroutine.pb.gz"


@pytest.mark.parametrize("beside", ["binary", "renamed", "none"])
def test_a_binary_beside_the_profile_tells_the_commit(tmp_path, beside):
    """Two commits explain the line equally well; in one of them it waits for something else."""
    root = tmp_path / "src"
    root.mkdir()
    (root / "go.mod").write_text("module example.com/app\n\ngo 1.24\n")
    git(root, "init", "-q", "-b", "main")
    committed(root, "<-jobs", "<-done", "v1.0.0")
    profile = build_and_run(root, tmp_path / "out")
    committed(root, "<-done", "<-jobs", "v1.1.0")
    (root / "main.go").write_text(TWICE.replace("FIRST", "println()\n\t<-done").replace("SECOND", "<-jobs"))
    if beside == "renamed":
        (profile.parent / "app").rename(profile.parent / "server")
    elif beside == "none":
        (profile.parent / "app").unlink()
    found = report(profile, "--root", root, env={})["findings"]
    [waiting] = [f for f in found if f["function"] == "main.serve"]
    if beside == "none":
        assert waiting["placed"] == "function"
    else:
        assert (waiting["placed"], waiting["line"], waiting["commit"]) == ("moved", 12, "v1.0.0")
