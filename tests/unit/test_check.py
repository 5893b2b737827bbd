"""`check` on the real profiles of the leaking service."""

import json
import subprocess
import sys
from pathlib import Path

from support.workspace import FIXTURES, Workspace

import goleak_lsp

LEAKY = FIXTURES / "leaky"
WANT_LINE = Workspace(LEAKY).line + 1


def run(*arguments: str, cwd=LEAKY) -> subprocess.CompletedProcess:
    program = Path(sys.executable).with_name("goleak-lsp")
    return subprocess.run([program, *arguments], capture_output=True, text=True, cwd=cwd, timeout=30)


def test_the_installed_wheel_is_what_is_tested():
    assert "site-packages" in goleak_lsp.__file__


def test_leaks_are_on_their_line_from_every_form():
    for form in ("goroutineleak.pb.gz", "goroutineleak.debug2.txt"):
        done = run("check", f"profiles/go1.27-{form}", "--format", "json")
        report = json.loads(done.stdout)
        assert done.returncode == 1, done.stderr
        [finding] = report["findings"]
        assert (finding["count"], finding["line"], finding["file"]) == (135, WANT_LINE, "main.go")
        assert (finding["evidence"], finding["kind"], finding["placed"]) == ("leaked", "chan-receive", "exact")


def test_a_plain_profile_shows_an_orphan():
    [finding] = json.loads(run("check", "profiles/go1.27-goroutine.pb.gz", "--format", "json").stdout)["findings"]
    assert (finding["evidence"], finding["count"]) == ("orphaned", 135)


def test_the_demo_shows_the_count():
    done = run("demo")
    assert done.returncode == 0, done.stderr
    assert "135 goroutines blocked here" in done.stdout


def test_what_is_no_profile_is_said_in_one_line(tmp_path):
    (tmp_path / "x").write_bytes(b"hello")
    done = run("check", str(tmp_path / "x"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "is no goroutine profile" in done.stderr
