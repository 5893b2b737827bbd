"""Dumps inside other things: logs of every sort, archives, compression; read like the dump itself."""

import gzip
import io
import json
import random
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import zstandard

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile.formats import decode
from goleak_lsp.profile.model import Profile

FORMATS = Path(__file__).parents[3] / "fixtures" / "formats"
DUMPS = [
    "go1.27/panic.txt", "go1.27/sigquit.txt", "go1.27/labels.txt", "go1.27/ancestors.txt",
    "go1.27/goroutine.debug2.txt",    "go1.26/crash.txt", "go1.18/panic.txt", "go1.18/cgo.txt",
    "go1.22/deadlock.txt", "go1.24/fatal.txt",
]  # fmt: skip


def facts(profile: Profile) -> Counter:
    found: Counter = Counter()
    for sample in profile.samples:
        found[sample._replace(count=0)] += sample.count
    return found


def when(number: int) -> bytes:
    return b"2026-05-01T12:00:%02d.%09dZ" % (number // 100 % 60, number * 1_234_567 % 10**9)


def prefixed(lines: list[bytes], prefix) -> bytes:
    return b"".join((prefix(i) + line).rstrip(b" ") + b"\n" for i, line in enumerate(lines))


def cri(lines: list[bytes], before: bytes = b"") -> list[bytes]:
    """Lines as container runtimes write them: long ones in parts (at 16 KiB, here at 60 bytes)."""
    out = []
    for number, line in enumerate(lines):
        parts = [line[k : k + 60] for k in range(0, len(line), 60)] or [b""]
        out += [before + when(number) + b" stderr P " + part for part in parts[:-1]]
        out.append(before + when(number) + b" stderr F " + parts[-1])
    return out


def docker(text: bytes, size: int) -> bytes:
    records = []
    for line in text.decode().splitlines(keepends=True):
        records += [line[k : k + size] for k in range(0, len(line), size)]
    dicts = [{"log": part, "stream": "stderr", "time": when(i).decode()} for i, part in enumerate(records)]
    return "\n".join(map(json.dumps, dicts)).encode()


def syslog(number: int) -> bytes:
    return b"Nov 24 12:%02d:%02d host-1 zoo[1234]: " % (number // 60 % 60, number % 60)


def record(text: bytes, **more: str) -> bytes:
    return json.dumps({"level": "error", **more, "stack": text.decode()}).encode() + b"\n"


def noisy(lines: list[bytes]) -> bytes:
    out = []
    for number, line in enumerate(lines):
        out.append(when(number) + b" stderr F " + line)
        out += [when(number) + b" stdout F GET /x.go:12 took (12ms)"] * (number % 3 == 0)
    return b"\n".join(out) + b"\n"


def query(lines: list[bytes]) -> list[dict]:
    return [{"timestamp": when(i).decode(), "message": line.decode()} for i, line in enumerate(lines)]


LOGS = {
    "container runtime": lambda text, lines: b"\n".join(cri(lines)) + b"\n",
    "kubectl --prefix": lambda text, lines: prefixed(lines, lambda _: b"[pod/web-7d4f-x2/app] "),
    "kubectl --timestamps": lambda text, lines: prefixed(lines, lambda i: when(i) + b" "),
    "docker compose": lambda text, lines: prefixed(lines, lambda _: b"web-1  | "),
    "coloured": lambda text, lines: prefixed(lines, lambda _: b"\x1b[36mweb-1  |\x1b[0m "),
    "journal": lambda text, lines: prefixed(lines, syslog),
    "syslog with escaped tabs": lambda text, lines: prefixed([s.replace(b"\t", b"#011") for s in lines], syslog),
    "tabs lost": lambda text, lines: prefixed([s.strip() for s in lines], lambda _: b"web | "),
    "tabs as spaces": lambda text, lines: prefixed([s.replace(b"\t", b"    ") for s in lines], lambda _: b"web | "),
    "docker's JSON": lambda text, lines: docker(text, 16_384),
    "docker's JSON, lines in parts": lambda text, lines: docker(text, 20),
    "one JSON record": lambda text, lines: record(b"hi") + record(text, ts="2026-05-01T12:00:00Z"),
    "a JSON record in docker's": lambda text, lines: docker(record(text), 16_384),
    "a JSON record in a container's": lambda text, lines: b"\n".join(cri([record(text).strip()])),
    "logfmt": lambda text, lines: f"level=error msg={json.dumps(text.decode(), ensure_ascii=False)} a=b\n".encode(),
    "a first line": lambda text, lines: b"2026/05/01 12:00:00 http: panic serving: " + text,
    "other lines between": lambda text, lines: noisy(lines),
    "newest first": lambda text, lines: b"\n".join(reversed(prefixed(lines, lambda i: when(i) + b" ").split(b"\n"))),
    "newest first, JSON": lambda text, lines: "\n".join(json.dumps(r) for r in reversed(query(lines))).encode(),
    "a query's answer": lambda text, lines: json.dumps({"events": query(lines)}).encode(),
    "a query's answer, indented": lambda text, lines: json.dumps(query(lines), indent=1).encode(),
    "Windows lines": lambda text, lines: text.replace(b"\n", b"\r\n"),
    "PowerShell": lambda text, lines: text.decode().replace("\n", "\r\n").encode("utf-16"),
    "byte order mark": lambda text, lines: b"\xef\xbb\xbf" + text,
    "gzip": lambda text, lines: gzip.compress(text),
    "gzip, appended": lambda text, lines: gzip.compress(text[:500]) + gzip.compress(text[500:]),
    "zstd": lambda text, lines: zstandard.compress(text),
}


@pytest.mark.parametrize("form", LOGS)
@pytest.mark.parametrize("name", DUMPS)
def test_a_dump_in_a_log_is_the_dump(name, form):
    text = (FORMATS / name).read_bytes()
    lines = text.split(b"\n")[:-1]
    (want,), _ = decode(text)
    (got,), problems = decode(LOGS[form](text, lines))
    assert facts(got) == facts(want)
    assert (got.total, got.kind, problems) == (want.total, want.kind, [])


@pytest.mark.parametrize("form", ["kubectl --prefix", "docker's JSON", "one JSON record", "logfmt", "coloured"])
def test_a_text_profile_in_a_log_is_the_profile(form):
    text = (FORMATS / "go1.27/goroutine.debug1.txt").read_bytes()
    (want,), _ = decode(text)
    (got,), problems = decode(LOGS[form](text, text.split(b"\n")[:-1]))
    assert (facts(got), got.total, problems) == (facts(want), want.total, [])


def test_pods_that_write_at_the_same_time_are_processes_of_their_own():
    lines = (FORMATS / "go1.27/panic.txt").read_bytes().split(b"\n")[:-1]
    pods = [cri(lines, b"[pod/a/x] "), cri(lines, b"[pod/b/x] ")]
    mixed, order = [], random.Random(1)
    while any(pods):
        mixed.append(order.choice([pod for pod in pods if pod]).pop(0))
    profiles, problems = decode(b"\n".join(mixed) + b"\n")
    assert [p.process for p in profiles] == ["[pod/a/x] stderr", "[pod/b/x] stderr"]
    assert facts(profiles[0]) == facts(profiles[1]) == facts(decode(b"\n".join(lines))[0][0])
    assert problems == []


def test_dumps_one_after_another_are_snapshots_in_order():
    text = (FORMATS / "go1.27/goroutine.debug2.txt").read_bytes()
    later = text + b"\n" + text.split(b"\n\n")[3].replace(b" [", b"99 [", 1) + b"\n"
    first = decode(text)[0][0].total
    for parts in ((text, later), (text, b"\n\nsome words\n", later)):
        profiles, problems = decode(b"".join(parts))
        assert [p.total for p in profiles] == [first, first + 1]
        assert problems == []


def test_two_panics_of_one_goroutine_each_are_two_snapshots():
    panic = "panic: boom\n\ngoroutine {n} [running]:\nmain.f()\n\t/m.go:3 +0x1\ncreated by main.g\n\t/m.go:9 +0x2\n"
    profiles, _ = decode((panic.format(n=7) + "exit status 2\nstarting again\n" + panic.format(n=8)).encode())
    assert [p.total for p in profiles] == [1, 1]


def test_snapshots_of_a_log_that_is_newest_first_are_put_in_order():
    text = (FORMATS / "go1.27/panic.txt").read_bytes()
    shorter = text[: text.rindex(b"\n\ngoroutine ")] + b"\n"
    times = ["2026-05-01T12:00:09Z", "2026-05-01T14:00:01.5+02:00"]
    profiles, _ = decode(record(text, time=times[0]) + record(shorter, time=times[1]))
    last = decode(text)[0][0].total
    assert [p.total for p in profiles] == [last - 1, last]
    assert profiles[0].taken_at == 1_777_636_801_500_000_000


def tar(members: dict[str, bytes], mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zipped(members: dict[str, bytes], _: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(("pack", "mode"), [(tar, "w"), (tar, "w:gz"), (zipped, "")])
def test_the_profiles_of_a_bundle_are_a_series(pack, mode):
    names = ["go1.27/goroutine.pb.gz", "go1.27/goroutineleak.pb.gz", "go1.26/goroutine.pb.gz"]
    members = {name: (FORMATS / name).read_bytes() for name in names} | {"README": b"nothing", "x.bin": bytes(900)}
    profiles, problems = decode(pack(members, mode))
    assert problems == []
    assert [p.kind for p in profiles] == ["goroutine", "goroutine", "goroutineleak"]
    assert [p.taken_at for p in profiles] == sorted(p.taken_at for p in profiles)


@pytest.mark.parametrize("pack", [tar, zipped])
def test_what_is_wrong_with_one_member_is_said(pack):
    good = (FORMATS / "go1.27/goroutine.pb.gz").read_bytes()
    profiles, problems = decode(pack({"good": good, "cut": good[:-60]}, "w"))
    assert len(profiles) == 1
    assert problems == ["cut is cut off within its gzip data"]
    with pytest.raises(ProfileError, match="archive within an archive"):
        decode(pack({"inner": zipped({"x": good}, "")}, "w"))
    with pytest.raises(ProfileError, match="without a goroutine profile: 1 files"):
        decode(pack({"x": b"nothing"}, "w"))


def test_an_archive_that_is_cut_keeps_what_was_whole():
    good = (FORMATS / "go1.27/goroutine.pb.gz").read_bytes()
    data = tar({"a": good, "b": good}, "w")
    profiles, problems = decode(data[: 512 + len(good) + 600 + 512])
    assert len(profiles) == 1 and problems == ["is a damaged tar"]


def test_compressed_text_that_is_cut_keeps_what_was_whole():
    data = gzip.compress((FORMATS / "go1.27/panic.txt").read_bytes())
    (profile,), problems = decode(data[:-300])
    assert 20 < profile.total < 46
    assert problems[-1] == "is cut off within its gzip data"
