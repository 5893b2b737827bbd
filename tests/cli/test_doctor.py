"""`doctor`, `fetch` and `flame`: what answers, what is saved, and a page that keeps to itself."""

import gzip
import json
import re
import shutil
import subprocess

import pytest
from support import tools
from support.commands import FIXTURES, LEAK, LEAKY, PLAIN, report, run, total_of
from support.pprof_server import pprof, serving

from goleak_lsp.profile import profile_pb2

LAYOUTS = FIXTURES / "layouts"


def test_doctor_tells_what_is_configured_answers_and_is_placed(tmp_path):
    (tmp_path / ".goleak.toml").write_text('[[sources]]\nname = "prod"\nurl = "http://u:hunter2@example.com:1"\n')
    (tmp_path / "go.mod").write_text("module example.com/other\n\ngo 1.26\n")
    done = run("doctor", PLAIN, tmp_path / "none", cwd=tmp_path)
    assert done.returncode == 2 and "none does not exist" in done.stderr
    for words in (
        "modules: example.com/other (go 1.26)", "settings: .goleak.toml", "@prod (http://***@example.com:1)",
        "asked only when named", f"goroutine, {total_of(PLAIN)} goroutines", "failed: ", "not placed",
        "main.myLeakyFunction", "the whole stack is in the standard library",
    ):  # fmt: skip
        assert words in done.stdout, words
    assert "hunter2" not in done.stdout


def test_doctor_without_sources_asks_nothing():
    done = run("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert "none to ask" in done.stdout


def test_doctor_counts_by_how_sure_a_place_is():
    done = run("doctor", LEAK)
    assert re.search(r"\b135  exact ", done.stdout) and "proved 135 of them leaked" in done.stdout


def test_fetch_saves_what_check_then_reads(tmp_path):
    with serving({"/debug/pprof/goroutine": pprof("goroutine", {"main.f": 300})}) as server:
        done = run("fetch", server.address, "-o", tmp_path / "p.pb.gz")
        assert done.returncode == 0 and "300 goroutines" in done.stderr
        assert "/debug/pprof/goroutineleak" not in server.asked
        piped = run("fetch", server.address, "-o", "-", text=False)
    assert piped.stdout == (tmp_path / "p.pb.gz").read_bytes()
    assert report(tmp_path / "p.pb.gz")["sources"][0]["total"] == 300
    assert [path.name for path in tmp_path.iterdir()] == ["p.pb.gz"]


def test_fetch_keeps_no_file_of_what_is_no_profile(tmp_path):
    target = tmp_path / "p"
    target.write_text("before")
    with serving({"/debug/pprof/goroutine": b"hello"}) as server:
        for address in (server.address, "http://127.0.0.1:1", str(PLAIN), "@none"):
            done = run("fetch", address, "-o", target)
            assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert target.read_text() == "before"


@pytest.mark.parametrize("target", ["none/p", ".", "fifo"])
def test_what_cannot_be_written_is_said(target, tmp_path):
    import os

    os.mkfifo(tmp_path / "fifo")
    done = run("flame", PLAIN, "-o", tmp_path / target)
    assert done.returncode == 2 and "cannot be written" in done.stderr


def flame(*arguments, folder) -> str:
    done = run("flame", *arguments, "-o", folder / "f.html")
    assert done.returncode == 0, done.stderr
    return (folder / "f.html").read_text("utf-8")


def data(page: str) -> list:
    return json.loads(re.search(r'id="data">(.*?)</script>', page)[1])


def total(node: list) -> int:
    """The count of a node, which is never less than that of those below it."""
    assert node[3] >= sum(map(total, node[5]))
    return node[3]


def test_a_flame_graph_counts_all_goroutines(tmp_path):
    page = flame(PLAIN, folder=tmp_path)
    root = data(page)
    assert total(root) == total_of(PLAIN)
    assert root[5][0][:4] == ["main.myLeakyFunction", "main.go:18", 1, 135]
    assert root[5][0][5][0][0] == "[channel receive]"
    compared = data(flame(PLAIN, "--base", LEAKY / "profiles" / "go1.27-base.pb.gz", folder=tmp_path))
    assert compared[4] > 0 and compared[5][0][4] == 0


def test_a_page_loads_nothing_and_tells_no_folder(tmp_path):
    shutil.copy(PLAIN, tmp_path / "p.pb.gz")
    page = flame(tmp_path / "p.pb.gz", folder=tmp_path)
    assert "default-src 'none'" in page
    assert not re.search(r"\b(src|href|action)=|url\(|@import|https?:|innerHTML", page)
    assert "/src/" not in page and str(tmp_path) not in page


def test_names_cannot_break_out_of_the_page(tmp_path):
    message = profile_pb2.Profile.FromString(gzip.decompress(PLAIN.read_bytes()))
    evil = "main.</script><script>alert(1)</script><!--\u202e{title}"
    message.string_table[list(message.string_table).index("main.myLeakyFunction")] = evil
    (tmp_path / "<img onerror=x>").write_bytes(message.SerializeToString())
    page = flame(tmp_path / "<img onerror=x>", folder=tmp_path)
    assert page.count("<script") == 2 and "<img" not in page and "\u202e" not in page
    assert "</script><script>alert(1)" in json.dumps(data(page))


def test_a_browser_draws_it_under_its_own_policy(tmp_path):
    flame(LAYOUTS / "profiles" / "go1.27-goroutine.pb.gz", "--root", LAYOUTS, folder=tmp_path)
    command = [
        tools.program("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--virtual-time-budget=2000",
        "--dump-dom", (tmp_path / "f.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, env=tools.environment(tmp_path))
    boxes = re.findall(r'<button type="button" class="box"[^>]*title="([^"]*)"', done.stdout)
    assert len(boxes) > 10, done.stdout[-2000:] + done.stderr[-2000:]
    assert "all goroutines  55 (100.0 %)" in boxes[0]
    assert "Content Security Policy" not in done.stderr
