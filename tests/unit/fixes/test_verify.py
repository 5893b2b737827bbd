"""Verification of edits by building and vetting them as they would be, with the real go command."""

import os
import subprocess
import threading
import time
import zipfile
from pathlib import Path

import pytest

from goleak_lsp.fixes import go_command
from goleak_lsp.fixes import verify as module
from goleak_lsp.fixes.go_command import Cancelled
from goleak_lsp.fixes.verify import Result, verify

GOOD = b"package p\n\nfunc F() int { return 1 }\n"
BROKEN = b"package p\n\nfunc F() int { return missing }\n"
SUSPECT = b'package p\n\nimport "fmt"\n\nfunc F() { fmt.Printf("%d\\n", "x") }\n'


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(module, "_VERDICTS", {})
    monkeypatch.setattr(module, "_ASKED", {})
    (tmp_path / "go.mod").write_text("module example\n\ngo 1.22\n")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "x.go").write_bytes(GOOD)
    return tmp_path


def tree(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_what_builds_is_good_and_nothing_is_written(root):
    before = tree(root)
    verdict = verify(root, {root / "p" / "x.go": GOOD.replace(b"1", b"2")})
    assert (verdict.result, verdict.reasons) == (Result.GOOD, ())
    assert tree(root) == before


@pytest.mark.parametrize(("data", "reason"), [(BROKEN, "undefined: missing"), (SUSPECT, "Printf")])
def test_what_adds_a_complaint_is_bad(root, data, reason):
    verdict = verify(root, {root / "p" / "x.go": data})
    assert verdict.result is Result.BAD
    assert reason in verdict.reasons[0]


def test_complaints_of_before_do_not_count(root):
    (root / "p" / "x.go").write_bytes(SUSPECT)
    moved = SUSPECT.replace(b"func F", b"var one = 1\n\nfunc F")
    assert verify(root, {root / "p" / "x.go": moved}).result is Result.GOOD


def test_a_test_that_does_not_build_hides_nothing(root):
    (root / "p" / "x_test.go").write_bytes(b"package p\n\nvar _ = missing\n")
    assert verify(root, {root / "p" / "x.go": GOOD.replace(b"1", b"2")}).result is Result.GOOD
    assert verify(root, {root / "p" / "x.go": BROKEN}).result is Result.BAD


def test_a_package_that_does_not_build_before_says_nothing(root):
    (root / "p" / "y.go").write_bytes(b"package p\n\nvar y int = nowhere\n")
    verdict = verify(root, {root / "p" / "x.go": GOOD.replace(b"1", b"2")})
    assert verdict.result is Result.UNKNOWN
    assert "does not build as it is" in verdict.reasons[0]


def test_a_newer_go_that_the_module_wants_is_named(root):
    (root / "go.mod").write_text("module example\n\ngo 1.999\n")
    verdict = verify(root, {root / "p" / "x.go": GOOD.replace(b"1", b"2")})
    assert verdict.result is Result.UNKNOWN
    assert verdict.reasons[0].startswith("go.mod requires go >= 1.999 (running go ")


def test_a_tree_without_a_module_is_named(root, monkeypatch):
    """What go only warns of is not the reason."""
    monkeypatch.setenv("GOWORK", "off")
    (root / "go.mod").unlink()
    verdict = verify(root, {root / "p" / "x.go": GOOD.replace(b"1", b"2")})
    assert verdict.result is Result.UNKNOWN
    assert "go.mod file not found" in verdict.reasons[0]


def test_a_missing_dependency_is_not_downloaded(root):
    (root / "p" / "y.go").write_bytes(b'package p\n\nimport _ "example.com/absent"\n')
    before = tree(root)
    assert verify(root, {root / "p" / "x.go": GOOD.replace(b"1", b"2")}).result is Result.UNKNOWN
    assert tree(root) == before


def _replaced_and_vendored(root: Path) -> None:
    for folder in ("vendor", "dep"):
        (root / folder).mkdir()
    (root / "vendor" / "modules.txt").write_text("")
    (root / "dep" / "go.mod").write_text("module example.com/dep\n")
    (root / "dep" / "dep.go").write_text("package dep\n")
    (root / "p" / "y.go").write_bytes(b'package p\n\nimport _ "example.com/dep"\n')
    # With -mod=mod go would add what requires it.
    (root / "go.mod").write_text("module example\n\ngo 1.22\n\nreplace example.com/dep => ./dep\n")


def test_go_mod_is_left_alone_whatever_the_flags_of_the_user(root, monkeypatch):
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    _replaced_and_vendored(root)
    before = tree(root)
    verify(root, {root / "p" / "x.go": GOOD.replace(b"1", b"2")})
    assert tree(root) == before


CANCEL = b"""package p

import (
	"context"
	"fmt"
)

func F() int { return 1 }

func G(ctx context.Context, late bool) {
	ctx, cancel := context.WithCancel(ctx)
	if late {
		return
	}
	<-ctx.Done()
	cancel()
	fmt.Printf("%d\\n", "x")
}
"""


def test_a_complaint_that_names_another_line_is_known_when_lines_move(root):
    (root / "p" / "x.go").write_bytes(CANCEL)
    moved = CANCEL.replace(b"func F", b"var one = 1\n\nfunc F")
    assert verify(root, {root / "p" / "x.go": moved}) == (Result.GOOD, ())


def test_a_complaint_of_before_that_comes_once_more_counts(root):
    (root / "p" / "x.go").write_bytes(CANCEL)
    more = CANCEL + b'\nfunc H() { fmt.Printf("%d\\n", "x") }\n'
    verdict = verify(root, {root / "p" / "x.go": more})
    assert verdict.result is Result.BAD
    # In the words of the user's own tree: what vet read was a copy.
    assert all(reason.startswith("./p/x.go:") for reason in verdict.reasons), verdict.reasons


def test_no_complaint_is_lost_among_many(root):
    many = [f'func M{n}() {{ fmt.Printf("%d\\n", "{n}") }}\n' for n in range(40)]
    (root / "p" / "x.go").write_bytes(CANCEL + "".join(many).encode())
    more = CANCEL + "".join(many).encode() + b'func H() { fmt.Printf("%s\\n", 1) }\n'
    verdict = verify(root, {root / "p" / "x.go": more})
    assert (verdict.result, "%s" in verdict.reasons[0]) == (Result.BAD, True)


def test_flags_of_the_users_file_write_no_go_mod(root, monkeypatch, tmp_path_factory):
    settings = tmp_path_factory.mktemp("config") / "env"
    settings.write_text("GOFLAGS=-mod=mod\n")
    monkeypatch.setenv("GOENV", str(settings))
    monkeypatch.delenv("GOFLAGS", raising=False)
    _replaced_and_vendored(root)
    before = tree(root)
    verify(root, {root / "p" / "x.go": GOOD.replace(b"1", b"2")})
    assert tree(root) == before


def test_a_workspace_gets_no_sums_and_asks_nobody_for_them(root, monkeypatch, tmp_path_factory):
    """In a workspace go would write go.work.sum, and ask a database about what is missing there."""
    monkeypatch.setenv("GOMODCACHE", str(_cached(tmp_path_factory.mktemp("modules"))))
    monkeypatch.setenv("GOWORK", "")
    (root / "go.work").write_text("go 1.22\n\nuse ( // both\n\t.\n\t\"./other one\"\n)\n")
    (root / "go.mod").write_text("module example\n\ngo 1.22\n\nrequire example.com/dep v1.0.0\n")
    (root / "other one").mkdir()
    (root / "other one" / "go.mod").write_text("module other\n\ngo 1.22\n")
    (root / "other one" / "o.go").write_text("package other\n")
    (root / "p" / "y.go").write_bytes(b'package p\n\nimport (\n\t_ "example.com/dep"\n\t_ "other"\n)\n')
    before = tree(root)
    verdict = verify(root, {root / "p" / "x.go": GOOD.replace(b"1", b"2")})
    assert (verdict.result, verdict.reasons) == (Result.GOOD, ())
    assert tree(root) == before


def _cached(folder: Path) -> Path:
    """A module cache with one module, as go fills it."""
    versions = folder / "proxy" / "example.com" / "dep" / "@v"
    versions.mkdir(parents=True)
    text = "module example.com/dep\n"
    (versions / "v1.0.0.mod").write_text(text)
    (versions / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    with zipfile.ZipFile(versions / "v1.0.0.zip", "w") as archive:
        archive.writestr("example.com/dep@v1.0.0/go.mod", text)
        archive.writestr("example.com/dep@v1.0.0/dep.go", "package dep\n")
    cache = folder / "cache"
    own = {"GOPROXY": (folder / "proxy").as_uri(), "GOSUMDB": "off", "GOFLAGS": "-modcacherw", "GOMODCACHE": str(cache)}
    subprocess.run(["go", "mod", "download", "example.com/dep@v1.0.0"], cwd=folder, env=os.environ | own, check=True)
    return cache


def test_unsaved_text_is_what_an_edit_is_compared_with(root):
    unsaved = {root / "p" / "y.go": b"package p\n\nfunc missing() int { return 3 }\n"}
    edited = {root / "p" / "x.go": b"package p\n\nfunc F() int { return missing() }\n"}
    assert verify(root, edited).result is Result.BAD
    assert verify(root, edited, unsaved=unsaved).result is Result.GOOD


def test_several_files_are_judged_together(root):
    files = {root / "p" / "x.go": b"package p\n\nfunc F() int { return g() }\n"}
    files[root / "p" / "y.go"] = b"package p\n\nfunc g() int { return 1 }\n"
    assert verify(root, files).result is Result.GOOD


def test_the_same_question_is_answered_without_go(root, monkeypatch):
    files = {root / "p" / "x.go": BROKEN}
    first = verify(root, files)
    monkeypatch.setattr(go_command, "_start", None)
    assert verify(root, files) is first


def test_without_go_nothing_is_known(root, monkeypatch):
    monkeypatch.setenv("PATH", str(root))
    assert verify(root, {root / "p" / "x.go": GOOD}).result is Result.UNKNOWN


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script that stands for go")
def test_a_go_command_of_the_tree_itself_is_not_run(root, monkeypatch):
    own = root / "bin" / "go"
    own.parent.mkdir()
    own.write_text(f"#!/bin/sh\ntouch {root / 'was-run'}\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(own.parent))
    assert verify(root, {root / "p" / "x.go": GOOD}).result is Result.UNKNOWN
    assert not (root / "was-run").exists()


def test_versions_are_not_stamped(root, monkeypatch):
    """Git would run what a repository's own settings name."""
    for command in (["git", "init", "-q"], ["git", "config", "core.fsmonitor", f"touch {root / 'was-run'}"]):
        subprocess.run(command, cwd=root, check=True)
    (root / "p" / "x.go").write_bytes(GOOD.replace(b"package p", b"package main") + b"\nfunc main() { F() }\n")
    verdict = verify(root, {root / "p" / "x.go": b"package main\n\nfunc main() { missing() }\n"})
    assert verdict.result is Result.BAD
    assert not (root / "was-run").exists()


def test_a_verdict_is_kept_by_content(root, monkeypatch):
    """A file that was written again as it was is no other file; one with another text is."""
    edited = {root / "p" / "x.go": GOOD.replace(b"1", b"2")}
    first = verify(root, edited)
    (root / "p" / "y.go").write_bytes(b"package p\n")
    assert verify(root, edited) is not first
    second = verify(root, edited)
    (root / "p" / "y.go").write_bytes(b"package p\n")
    os.utime(root / "p" / "y.go", (1, 1))
    monkeypatch.setattr(go_command, "_start", None)
    assert verify(root, edited) is second


def test_doubts_are_forgotten_and_verdicts_are_not(root, monkeypatch):
    edited = {root / "p" / "x.go": BROKEN}
    first = verify(root, edited)
    (root / "p" / "y.go").write_bytes(b"package p\n\nvar y int = nowhere\n")
    assert verify(root, edited).result is Result.UNKNOWN
    assert len(module._VERDICTS) == 2
    module.forget_doubts()
    assert list(module._VERDICTS.values()) == [first]


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script that stands for go")
def test_cancelling_ends_the_go_command(root, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("bin")
    slow, started = folder / "go", folder / "started"
    slow.write_text(f"#!/bin/sh\necho $$ > {started}\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    cancel, raised = threading.Event(), []

    def ask():
        try:
            verify(root, {root / "p" / "x.go": GOOD}, cancel)
        except Cancelled as error:
            raised.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    while not (started.exists() and started.read_text().endswith("\n")):
        time.sleep(0.01)
    cancel.set()
    asking.join(10)
    assert len(raised) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)
