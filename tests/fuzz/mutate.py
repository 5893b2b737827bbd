"""Seeds from real profiles, small ones so that many are tried a second, and how they are changed."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

FORMATS = Path(__file__).parents[2] / "fixtures" / "formats"
SMALL = 2_500

TOKENS = [
    b"goroutine ", b"goroutine 1 [running]:\n", b"goroutine 18446744073709551616 [select]:\n", b"\n\n", b"\n", b"\t",
    b"created by ", b" in goroutine 1", b"[originating from goroutine 1]:\n", b"...102 frames elided...\n", b"()",
    b"9" * 3_000, b"\t/a.go:" + b"9" * 5_000 + b"\n", b"-----\n", b"panic: ", b"SIGQUIT: quit\n",
    b" fp=0x1 sp=0x2 pc=0x3",
    b"goroutine profile: total 3\n", b"goroutineleak profile: total 1\n", b"1 @ 0x1 0x2\n", b"#\t0x1\tf+0x0\t/a.go:1\n",
    b'# labels: {"a":"\\u202e\\x00"}\n', b' {k: "v]:"}:', b" labels:{", b'"', b"\\", b"\\n", b"\\u",
    b"{", b"}", b"[", b"]",
    b"\x00", b"\xff\xfe", b"\xe2\x80\xae", b"\x1b[31m", b"\r\n", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PK\x03\x04",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x80" * 12, b"\x12\x00" * 50, b"\x0a\x7f", b"2026-05-01T12:00:00Z ",
    b"9999-12-31T23:59:59.999999999-23:59 ", b"[pod/a/b] ", b" stderr P ", b" stdout F ", b"#011", b"0x" + b"f" * 900,
    b"[Goroutine 7 in state chan send, with f on top of the stack:\n", b"* Goroutine 1 - User: x.go:1 f (0x1) [a]\n",
    b"\t0  0x1 in f\n\t    at x.go:1\n",
]  # fmt: skip


def seeds() -> list[bytes]:
    """Small whole files, and pieces of a few goroutines of the larger ones, in every form."""
    found: list[bytes] = []
    for path in sorted(FORMATS.glob("go1.*/*")) + sorted((FORMATS / "others").glob("*.*")):
        data = path.read_bytes()
        if path.name.endswith(".pb.gz"):
            plain = gzip.decompress(data)
            found += [data, plain] if len(plain) < 2 * SMALL else []
        elif len(data) < SMALL:
            found.append(data)
        else:
            found += _pieces(data)
    texts = [seed for seed in found if seed.startswith((b"goroutine ", b"panic", b"fatal")) and len(seed) < 1_500]
    for number, text in enumerate(texts[::7]):
        found += [wrap(text) for wrap in (*WRAPPED[number % 3 :: 3],)]
    return found


def _pieces(data: bytes) -> list[bytes]:
    """One to four goroutines or records at a time."""
    if re.match(rb"goroutine(leak)? profile:", data):
        head, _, rest = data.partition(b"\n")
        records = rest.split(b"\n\n")
        return [head + b"\n" + b"\n\n".join(records[i : i + 3]) for i in range(0, len(records), 12)]
    starts = [m.start() for m in re.finditer(rb"^.{0,9}[gG]oroutine \d+ ", data, re.MULTILINE)]
    ends = [*starts, len(data)]
    pieces = [data[a : ends[min(i + 3, len(starts))]] for i, a in enumerate(starts)][::9]
    return [piece for piece in pieces if len(piece) < SMALL]


def _lines(text: bytes, before: Callable[[int], bytes]) -> bytes:
    return b"".join(before(i) + line + b"\n" for i, line in enumerate(text.split(b"\n")))


def _json(text: bytes, **more: str) -> bytes:
    return json.dumps({"msg": text.decode("utf-8", "replace"), **more}).encode()


def _tar(text: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("a", "b"):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    return buffer.getvalue()[:4096]


def _zip(text: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", text)
    return buffer.getvalue()


WRAPPED = (
    lambda t: _lines(t, lambda i: b"2026-05-01T12:00:%02dZ stderr F " % (i % 60)),
    lambda t: _lines(t, lambda i: b"[pod/%c/x] " % (97 + i % 2)),
    lambda t: _lines(t, lambda _: b"web-1  | "),
    lambda t: _json(t, time="2026-05-01T12:00:00Z"),
    lambda t: b"\n".join(_json(line) for line in t.split(b"\n")),
    lambda t: b"\n".join(reversed(_lines(t, lambda _: b"web-1  | ").split(b"\n"))),
    lambda t: b'level=error msg="' + t.replace(b'"', b'\\"').replace(b"\n", b"\\n").replace(b"\t", b"\\t") + b'"\n',
    lambda t: t.decode("utf-8", "replace").encode("utf-16"),
    gzip.compress,
    _tar,
    _zip,
    lambda t: t + t,
)
"""Ways in which a dump comes inside something else."""


def mutated(data: bytes, other: bytes, random: Random) -> bytes:
    """``data`` with a few changes, parts of ``other`` among them."""
    out = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        at = random.randrange(len(out) + 1)
        end = min(len(out), at + random.choice((1, 2, 8, 40, 300)))
        match random.randrange(8):
            case 0:
                out[at:at] = random.choice(TOKENS)
            case 1:
                del out[at:end]
            case 2:
                out[at:at] = out[at:end] * random.choice((1, 2, 30))
            case 3 if at < len(out):
                out[at] ^= 1 << random.randrange(8)
            case 4:
                out[at:end] = random.choice(TOKENS)
            case 5:
                start = random.randrange(len(other) + 1)
                out[at:at] = other[start : start + 200]
            case 6:
                del out[at:]
            case 7 if at < len(out):
                out[at] = random.randrange(256)
    return bytes(out[:60_000])
