"""What every source is held to, over the registry of ways to obtain bytes: a file and the network.

Whatever the bytes are, ``load`` gives one fatal problem of one line, in time.
"""

import gzip
import os
import time

import pytest
from support.pprof_server import INDEX, pprof, send, serving

from goleak_lsp.sources.load import load

GOOD = pprof("goroutine", {"main.f": 3})
BODIES = {
    "empty": (b"", "is empty"),
    "garbage": (bytes(range(256)) * 8, "is no goroutine profile"),
    "truncated gzip": (GOOD[:-12], "is cut off within its gzip data"),
    "damaged gzip": (GOOD[:30] + b"\xff" * 30 + GOOD[60:], "damaged"),
    "gzip of gzip": (gzip.compress(GOOD), "is gzip within gzip"),
    "cut protobuf": (gzip.compress(gzip.decompress(GOOD)[:-9]), "cut off or damaged"),
    "heap profile": (pprof("inuse_space", {"main.f": 3}), "is a profile of inuse_space, not of goroutines"),
    "web page": (b"<!doctype html><title>Login</title>", "web page"),
    "bomb": (gzip.compress(b"goroutine 1 [select]:\n" + b"\n" * (300 << 20), 1), "unpacks to more than 256 MiB"),
}


def by_file(body: bytes, folder):
    path = folder / "profile"
    path.write_bytes(body)
    return load([str(path)])


def by_address(body: bytes, folder):
    with serving({"/debug/pprof/goroutine": body}) as server:
        return load([f"{server.address}/debug/pprof/goroutine"])


@pytest.mark.parametrize("source", [by_file, by_address])
@pytest.mark.parametrize("case", BODIES)
def test_bad_bytes_are_one_fatal_problem(case, source, tmp_path):
    body, expected = BODIES[case]
    snapshots, [problem] = source(body, tmp_path)
    assert snapshots == []
    assert problem.fatal
    assert expected in problem.message
    assert problem.message.isprintable()


def trickle(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not handler.server.ended.wait(0.02):
        handler.wfile.write(b"X: y\r\n")


def trickle_body(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not handler.server.ended.wait(0.02):
        handler.wfile.write(b"\x1f")


def informational(handler):
    while not handler.server.ended.wait(0.001):
        handler.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n")


def silent(handler):
    handler.server.ended.wait()


@pytest.mark.parametrize("answer", [silent, trickle, trickle_body, informational])
def test_one_deadline_holds_whatever_trickles_in(answer):
    with serving({"/debug/pprof/": answer}) as server:
        begun = time.monotonic()
        snapshots, [problem] = load([server.address], seconds=0.9)
        assert time.monotonic() - begun < 2
    assert snapshots == []
    assert "gave no complete answer within 0.4 s" in problem.message


def huge_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 500_000)


def huge_body(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(bytes(1 << 20))


def tiny_chunks(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        handler.wfile.write(b"1\r\nx\r\n" * 1000)


def cut_short(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")


def no_http(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6 \x1b[31m\r\n")


def redirect(location):
    return lambda handler: send(handler, b"", 302, Location=location)


ANSWERS = {
    "header too large": (huge_headers, "does not answer as HTTP demands"),
    "body too large": (huge_body, "answers with more than 1 MiB"),
    "too many chunks": (tiny_chunks, "answers in too many small pieces"),
    "cut short": (cut_short, "does not answer as HTTP demands"),
    "no HTTP": (no_http, "does not answer as HTTP demands"),
    "error": (lambda h: send(h, b"boom", 500), "answers 500 Internal Server Error"),
    "login": (lambda h: send(h, b"no", 401), "refuses access: 401 Unauthorized"),
    "HTML": (b"<html>welcome", "web page"),
    "redirect to a host": (redirect("http://192.0.2.1/x"), "redirects to http://192.0.2.1, which is not followed"),
    "redirect to a port": (redirect("http://127.0.0.1:1/x"), "redirects to http://127.0.0.1"),
    "redirect to a scheme": (redirect("https://127.0.0.1/x"), "redirects to https://127.0.0.1"),
    "redirect to a file": (redirect("file:///etc/passwd"), "redirects to file://"),
    "redirect for ever": (redirect("/debug/pprof/goroutine"), "redirects more than 3 times"),
    "unknown encoding": (lambda h: send(h, GOOD, Content_Encoding="br"), "answers in the encoding br"),
    "bad location": (redirect("http://[/"), ""),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_bad_answers_are_one_fatal_problem(case, monkeypatch):
    monkeypatch.setattr("goleak_lsp.sources.http.MAX_BODY", 1 << 20)
    monkeypatch.setattr("goleak_lsp.sources.http.MAX_PIECES", 2000)
    answer, expected = ANSWERS[case]
    with serving({"/debug/pprof/goroutine": answer}) as server:
        snapshots, [problem] = load([f"{server.address}/debug/pprof/goroutine"])
    assert snapshots == []
    assert problem.fatal
    assert expected in problem.message
    assert problem.message.isprintable()
    assert len(problem.message) < 600


ADDRESSES = {
    "http://127.0.0.1:1": "connection refused",
    "http://": "is no valid address",
    "http://[": "is no valid address",
    "http://h:99999": "is no valid address",
    "http://" + "a" * 80 + ".invalid": "cannot be read",
    "unix:": "names no socket",
    "unix:/nowhere/at.all": "No such file",
    "unix:/" + "a" * 200: "cannot be read",
}


@pytest.mark.parametrize("spec", ADDRESSES)
def test_bad_addresses_are_one_fatal_problem(spec):
    snapshots, [problem] = load([spec])
    assert snapshots == []
    assert problem.fatal
    assert problem.source == spec
    assert ADDRESSES[spec] in problem.message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no FIFOs")
def test_what_is_no_regular_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    _, problems = load([str(tmp_path / "fifo"), str(tmp_path), str(tmp_path / "none")])
    assert [p.message.rsplit("/", 1)[1] for p in problems] == [
        "fifo is a FIFO, not a file",
        f"{tmp_path.name} is a directory, not a file",
        "none does not exist",
    ]


def test_one_failing_source_does_not_keep_the_others():
    with serving({"/debug/pprof/": INDEX, "/debug/pprof/goroutine": GOOD}) as server:
        snapshots, problems = load(["http://127.0.0.1:1", server.address])
    assert [(s.source, s.profile.total) for s in snapshots] == [(server.address, 3)]
    assert [(p.source, p.fatal) for p in problems] == [("http://127.0.0.1:1", True), (server.address, False)]
