"""`check` on the real profiles of the leaking service: the report, its exit statuses, its complaints."""

import json
import os
import shutil
import subprocess
from datetime import datetime, timedelta

import pytest
from support.commands import LEAK, LEAKY, PLAIN, PROFILES, report, run, total_of
from support.pprof_server import pprof, serving
from support.workspace import Workspace

import goleak_lsp

WANT_LINE = Workspace(LEAKY).line + 1
FINDING_KEYS = {
    "id", "message", "kind", "evidence", "count", "base_count", "wait_minutes", "function", "file", "line",
    "profile_file", "profile_line", "placed", "stack", "created_by", "cause", "labels", "fixes",
}  # fmt: skip


def test_the_installed_wheel_is_what_is_tested():
    assert "site-packages" in goleak_lsp.__file__


@pytest.mark.parametrize("form", ["goroutineleak.pb.gz", "goroutineleak.debug2.txt"])
def test_leaks_are_on_their_line_from_every_form(form):
    [finding] = report(f"profiles/go1.27-{form}", status=1)["findings"]
    assert (finding["count"], finding["line"], finding["file"]) == (135, WANT_LINE, "main.go")
    assert (finding["evidence"], finding["kind"], finding["placed"]) == ("leaked", "chan-receive", "exact")


def test_a_plain_profile_shows_an_orphan():
    [finding] = report(PLAIN)["findings"]
    assert (finding["evidence"], finding["count"]) == ("orphaned", 135)


def test_all_keys_are_always_there(tmp_path):
    shutil.copy(PLAIN, tmp_path / "p")
    whole = report(PLAIN, tmp_path / "none")
    assert {"version", "sources", "findings", "problems"} <= set(whole)
    [finding] = whole["findings"]
    assert set(finding) >= FINDING_KEYS
    [source] = whole["sources"]
    assert source.items() >= {"source": str(PLAIN), "kind": "goroutine", "total": total_of(PLAIN)}.items()
    assert datetime.fromisoformat(source["taken_at"]).utcoffset() == timedelta(0)
    assert set(finding["stack"][0]) == {"function", "file", "line", "local_file", "local_line"}
    [elsewhere] = report(PLAIN, cwd=tmp_path)["findings"]
    assert set(elsewhere) >= FINDING_KEYS
    assert (elsewhere["placed"], elsewhere["file"], elsewhere["line"]) == ("none", None, None)
    assert elsewhere["function"] == "main.myLeakyFunction"


def test_the_same_place_has_the_same_id_in_every_form():
    forms = ("goroutine.pb.gz", "goroutineleak.pb.gz", "goroutineleak.debug2.txt")
    assert len({report(PROFILES / f"go1.27-{form}")["findings"][0]["id"] for form in forms}) == 1


def test_every_file_is_a_source_or_a_problem(tmp_path):
    for name in ("a.pb", "b.pb", "c.pb"):
        shutil.copy(PLAIN, tmp_path / name)
    (tmp_path / "b.pb").write_bytes(b"hello")
    done = run("check", "*.pb", "gone", "--format", "json", cwd=tmp_path)
    whole = json.loads(done.stdout)
    assert [s["source"] for s in whole["sources"]] == ["a.pb", "c.pb"]
    assert [p["source"] for p in whole["problems"]] == ["b.pb", "gone"]
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "b.pb is no goroutine profile; gone does not exist" in line


def test_a_base_that_fails_is_a_problem_and_the_report_still_comes(tmp_path):
    whole = report(PLAIN, "--base", tmp_path / "none", status=2)
    assert [f["count"] for f in whole["findings"]] == [135]
    assert [p["source"] for p in whole["problems"]] == [str(tmp_path / "none")]
    compared = report(PLAIN, "--base", PLAIN)
    assert [len(compared["sources"]), compared["problems"]] == [1, []]
    assert compared["findings"][0]["base_count"] == 135


def test_what_fails_is_chosen_by_evidence():
    assert run("check", PLAIN, "--fail-on", "leaked").returncode == 0
    assert run("check", PLAIN, "--fail-on", "orphaned").returncode == 1
    assert run("check", LEAK, "--fail-on", "never").returncode == 0


def test_counts_of_several_processes_are_added():
    grown = pprof("goroutine", {"main.f": 200})
    with serving({"/debug/pprof/goroutine": grown}) as one, serving({"/debug/pprof/goroutine": grown}) as other:
        [finding] = report(one.address, other.address)["findings"]
    assert (finding["count"], finding["evidence"]) == (400, "crowded")


def test_many_problems_fit_on_one_line(tmp_path):
    names = [f"{'x' * 180}{number}" for number in range(60)]
    done = run("check", *names, "--format", "json", cwd=tmp_path)
    [line] = done.stderr.splitlines()
    assert len(line) <= 600 and "does not exist" in line and "more problems" in line
    assert len(json.loads(done.stdout)["problems"]) == 60


def test_the_reason_is_said_however_long_the_name_is(tmp_path):
    done = run("check", "/".join(["d" * 200] * 15), cwd=tmp_path)
    assert done.returncode == 2
    assert "does not exist" in done.stderr and len(done.stderr) <= 601


def test_module_cache_and_vendor_are_no_sources_of_their_own(tmp_path):
    (tmp_path / "go.mod").write_text("module example.com/other\n")
    whole = report(PLAIN, cwd=tmp_path, env={"GOMODCACHE": str(tmp_path / "cache")})
    assert [f["placed"] for f in whole["findings"]] == ["none"]


def test_standard_input_is_a_source():
    with PLAIN.open("rb") as file:
        done = run("check", "-", "--format", "json", stdin=file)
    assert [s["source"] for s in json.loads(done.stdout)["sources"]] == ["-"]
    piped = run("check", "-", "--format", "json", input=PLAIN.read_bytes(), text=False)
    assert json.loads(piped.stdout)["findings"] == json.loads(done.stdout)["findings"]


def test_large_standard_input_is_read_by_the_worker():
    block = "goroutine %d [chan receive]:\nmain.myLeakyFunction({0x1, 0x2})\n\t/src/leaky/main.go:18 +0x1d\n\n"
    many = "".join(block % number for number in range(1, 90_001)).encode()
    done = run("check", "-", "--format", "json", input=many, text=False)
    assert json.loads(done.stdout)["sources"][0]["total"] == 90_000


def test_text_shows_the_line_with_its_count():
    done = run("check", PLAIN)
    assert done.returncode == 1
    [line] = [text for text in done.stdout.splitlines() if "<-ch" in text]
    assert line.split("|")[0].strip() == "135"
    assert f"main.go:{WANT_LINE}  135 goroutines blocked here" in done.stdout
    assert "\x1b" not in done.stdout


def test_the_demo_shows_the_count():
    done = run("demo")
    assert done.returncode == 0, done.stderr
    assert "135 goroutines blocked here" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo terminals of this kind")
@pytest.mark.parametrize(
    ("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)]
)
def test_colours_are_for_terminals(env, coloured):
    import pty

    parent, child = pty.openpty()
    run("check", PLAIN, stdout=child, env={"TERM": "xterm"} | env)
    os.close(child)
    seen = os.read(parent, 1 << 16)
    os.close(parent)
    assert b"135 goroutines blocked here" in seen
    assert (b"\x1b[" in seen) == coloured


def test_what_is_no_profile_is_said_in_one_line(tmp_path):
    (tmp_path / "x").write_bytes(b"hello")
    done = run("check", tmp_path / "x")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "is no goroutine profile" in done.stderr


def test_a_reader_that_goes_away_changes_nothing_but_the_output():
    done = run("check", PLAIN, stdout=_closed_pipe())
    assert (done.returncode, done.stderr) == (1, "")


def _closed_pipe() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
def test_a_full_disk_is_said():
    with open("/dev/full", "wb") as full:
        done = run("check", PLAIN, stdout=full)
    assert done.returncode == 2
    assert "cannot write to standard output" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell closes the streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_do_no_harm(closed, tmp_path):
    from support.commands import PROGRAM

    script = f'"{PROGRAM}" check "{PLAIN}" {tmp_path}/none --format json {closed}; echo "status $?" >&3'
    done = subprocess.run(["bash", "-c", f"exec 3>&1; {script}"], capture_output=True, text=True, timeout=30)
    assert "status 2" in done.stdout
    assert "Traceback" not in done.stderr
