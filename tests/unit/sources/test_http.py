"""How the profiles of a live target are found, and what is never told of its address."""

import gzip
import logging

import pytest
from support.pprof_server import INDEX, pprof, send, serving

from goleak_lsp.sources.address import parse, redact
from goleak_lsp.sources.http import Options
from goleak_lsp.sources.load import load
from goleak_lsp.sources.pprof import fetch_profiles

PLAIN = pprof("goroutine", {"main.f": 3, "main.g": 2})
LEAK = pprof("goroutineleak", {"main.f": 3})
MOUNT = {"/debug/pprof/": INDEX, "/debug/pprof/goroutine": PLAIN, "/debug/pprof/goroutineleak": LEAK}


def below(prefix: str, answers=MOUNT) -> dict:
    return {prefix + path: answer for path, answer in answers.items()}


def kinds(spec: str) -> list[tuple[str, int]]:
    snapshots, problems = load([spec])
    assert problems == []
    assert {s.source for s in snapshots} == {spec}
    assert len({s.process for s in snapshots}) == 1
    return [(s.profile.kind, s.profile.total) for s in snapshots]


@pytest.mark.parametrize("path", ["", "/", "/debug", "/debug/pprof", "/debug/pprof/"])
def test_both_profiles_of_a_mount_are_one_process(path):
    with serving(MOUNT) as server:
        assert kinds(server.address + path) == [("goroutine", 5), ("goroutineleak", 3)]
        assert server.asked == ["/debug/pprof/", "/debug/pprof/goroutine", "/debug/pprof/goroutineleak"]


@pytest.mark.parametrize("answers", [below("/app"), {k.replace("/debug", "/app"): v for k, v in MOUNT.items()}])
def test_a_mount_below_a_prefix_is_found(answers):
    prefix = "/app" if "/app/debug/pprof/" in answers else "/app/pprof"
    with serving(answers) as server:
        assert kinds(server.address + prefix) == [("goroutine", 5), ("goroutineleak", 3)]


def test_a_mount_with_a_name_of_its_own_is_found_by_its_index():
    answers = {"/internal/profiles": INDEX, "/internal/profiles/goroutine": PLAIN}
    with serving(answers) as server:
        snapshots, [problem] = load([f"{server.address}/internal/profiles"])
    assert [s.profile.total for s in snapshots] == [5]
    assert not problem.fatal
    assert "404 Not Found (asked for goroutineleak)" in problem.message


def test_handlers_mounted_one_by_one_need_no_index():
    answers = dict(MOUNT)
    del answers["/debug/pprof/"]
    with serving(answers) as server:
        assert kinds(server.address) == [("goroutine", 5), ("goroutineleak", 3)]
    del answers["/debug/pprof/goroutineleak"]
    with serving(answers) as server:
        assert kinds(server.address) == [("goroutine", 5)]


def test_a_target_without_the_proof_is_not_asked_for_it():
    index = b"<html><a href='goroutine?debug=1'>goroutine</a>"
    with serving({"/debug/pprof/": index, "/debug/pprof/goroutine": PLAIN}) as server:
        assert kinds(server.address) == [("goroutine", 5)]
        assert server.asked == ["/debug/pprof/", "/debug/pprof/goroutine"]


@pytest.mark.parametrize("path", ["/debug/pprof/goroutine", "/debug/pprof/goroutine?debug=0", "/x/saved.pb.gz"])
def test_a_full_address_is_asked_alone(path):
    with serving({path: PLAIN}) as server:
        assert kinds(server.address + path) == [("goroutine", 5)]
        assert server.asked == [path]


def test_a_redirect_within_the_origin_is_followed():
    with serving({**MOUNT, "/debug/pprof/": lambda h: send(h, b"", 301, Location="/pprof/")}) as server:
        server.answers["/pprof/"] = INDEX
        assert kinds(server.address) == [("goroutine", 5), ("goroutineleak", 3)]


def test_a_proof_that_does_not_come_leaves_the_plain_profile():
    answers = {**MOUNT, "/debug/pprof/goroutineleak": lambda h: h.server.ended.wait()}
    with serving(answers) as server:
        snapshots, [problem] = load([server.address], seconds=1)
        [fetched] = fetch_profiles([server.address], seconds=0.5)
    assert [s.profile.total for s in snapshots] == [5]
    assert not problem.fatal
    assert 0.2 < fetched.proof_seconds < 2


def test_what_a_proxy_put_around_a_profile_is_taken_off():
    wrapped = gzip.compress(PLAIN)
    with serving({"/debug/pprof/goroutine": lambda h: send(h, wrapped, Content_Encoding="gzip")}) as server:
        assert kinds(f"{server.address}/debug/pprof/goroutine") == [("goroutine", 5)]


def test_headers_and_credentials_reach_the_target_and_nothing_else(caplog):
    caplog.set_level(logging.DEBUG)
    with serving({}) as server:
        spec = server.address.replace("//", "//user:hunter2@") + "/?token=hunter2"
        [error] = fetch_profiles([spec], Options(headers=(("X-Key", "hunter2"),)))
        _, [problem] = load([spec])
    assert server.headers[0]["Authorization"].startswith("Basic ")
    assert server.headers[0]["X-Key"] == "hunter2"
    assert "hunter2" not in f"{error} {problem} {caplog.text}"


def test_the_environment_s_proxies_are_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serving(MOUNT) as server:
        assert len(kinds(server.address)) == 2


def test_secrets_of_an_address_are_blanked():
    assert redact("http://u:p@h/x?api_key=s&q=1#f") == "http://***@h/x?api_key=***&q=1#f"
    assert redact("http://h:6060") == "http://h:6060"
    assert parse("http://u:p%40@h/x").user == ("u", "p@")
    assert "p" not in parse("http://u:p@h").name.replace("http", "")


def test_the_profiles_of_one_mount_are_one_process():
    specs = ["http://h", "http://H:80/", "http://h/debug/pprof/goroutine", "http://h/debug/pprof/goroutineleak"]
    assert len({parse(spec).process for spec in specs}) == 1
    assert parse("http://h/a").process != parse("http://h/b").process
