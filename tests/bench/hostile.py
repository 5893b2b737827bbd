"""Input that is made to cost memory, one file a name: what `formats.py` measures the peak with."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from goleak_lsp.profile import profile_pb2

MIB = 1 << 20
HEAD = b"goroutine 1 [select]:\nmain.main()\n\t/src/main.go:3 +0x1\n\n"


def written(folder: Path) -> Iterator[tuple[str, Path]]:
    """Writes every input in turn, and takes it away again once it was used."""
    path = folder / "hostile"
    for make in INPUTS:
        path.write_bytes(make())
        yield make.__doc__ or "", path
        path.unlink()


def _bomb() -> bytes:
    """gzip that unpacks to 300 MiB"""
    return gzip.compress(HEAD + b"\n" * (300 * MIB), 1)


def _bombs() -> bytes:
    """zip of 20 members of 60 MiB"""
    return _zipped(HEAD + b"\n" * (60 * MIB), 20)


def _bombs_of_goroutines() -> bytes:
    """zip of 20 members of 60 MiB, goroutines that all differ"""
    return _zipped(b"".join(_goroutines(600_000)), 20)


def _zipped(member: bytes, times: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(times):
            archive.writestr(f"{number}.txt", member)
    return out.getvalue()


def _nested() -> bytes:
    """tar within 1,000 tars, gzip"""
    data = HEAD
    for _ in range(1_000):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            info = tarfile.TarInfo("a.tar")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        data = out.getvalue()
    return gzip.compress(data, 1)


def _endless() -> bytes:
    """one line of 500 MiB"""
    return b"goroutine 1 [select]:" + b"x" * (500 * MIB)


def _endless_name() -> bytes:
    """a goroutine in a function of 500 MiB"""
    return b"goroutine 1 [select]:\n" + b"x" * (500 * MIB) + b"()\n\t/src/main.go:3 +0x1\n"


def _endless_log() -> bytes:
    """a log with one line of 500 MiB"""
    return b"2026-05-01T12:00:00Z app " + HEAD + b"x" * (500 * MIB)


def _short_lines() -> bytes:
    """20 million short lines behind a goroutine"""
    return HEAD + b"x\n" * 20_000_000


def _short_records() -> bytes:
    """20 million empty records"""
    return b"goroutine profile: total 1\n1 @ 0x1 0x2\n#\t0x1\tmain.f+0x0\t/a.go:1\n\n" + b"1\n\n" * 20_000_000


def _goroutines(number: int) -> Iterator[bytes]:
    block = b"goroutine %d [select]:\nmain.f%d()\n\t/src/%d.go:%d +0x1\ncreated by main.g%d\n\t/src/x.go:1 +0x1\n\n"
    for at in range(number):
        yield block % (at + 1, at, at, at % 1_000, at)


def _all_differ() -> bytes:
    """2 million goroutines in as many functions and files"""
    return b"".join(_goroutines(2_000_000))


def _all_differ_in_a_log() -> bytes:
    """a million of them in a log"""
    lines = b"".join(_goroutines(1_000_000)).split(b"\n")
    return b"\n".join(b"2026-05-01T12:00:00Z app | " + line for line in lines)


def _records_differ() -> bytes:
    """a million records of as many addresses and functions"""
    line = b"1 @ 0x%x 0x%x\n#\t0x%x\tmain.f%d+0x0\t/src/%d.go:%d\n"
    records = (line % (at, at + 1, at, at, at, at % 1_000) for at in range(1, 1_000_001))
    return b"goroutine profile: total 1000000\n" + b"\n".join(records)


def _message(locations: int, stacks: int, depth: int, inlined: int = 1, mixed: bool = False) -> bytes:
    """A message of ``stacks`` that all differ; ``mixed``, no location calls another twice."""
    random = Random(1)
    strings = ["", "goroutine", "count", "main.f", "/src/main.go"]
    message = profile_pb2.Profile(string_table=strings)
    message.sample_type.add(type=1, unit=2)
    message.function.add(id=1, name=3, filename=4, start_line=1)
    for at in range(1, locations + 1):
        line = message.location.add(id=at).line
        for number in range(inlined):
            line.add(function_id=1, line=at * inlined + number)
    for at in range(stacks):
        ids = [1 + (at * 7 + number * (1 + at % 13)) % locations for number in range(depth)]
        if mixed:
            ids = random.choices(range(1, locations + 1), k=depth)
        message.sample.add(location_id=ids, value=[1])
    return message.SerializeToString()


def _frames() -> bytes:
    """protobuf, 20 million frames in 200,000 stacks"""
    return _message(20_000, 199_000, 100)


def _calls() -> bytes:
    """protobuf, 7.5 million frames whose calls all differ"""
    return _message(20_000, 75_000, 100, mixed=True)


def _inlined() -> bytes:
    """protobuf of 1 MiB, 20 million frames by inlining"""
    return _message(500, 20, 1_000, 1_000)


def _locations() -> bytes:
    """protobuf, 2 million locations and stacks"""
    return _message(2_000_000, 2_000_000, 1)


def _empty_samples(size: int) -> bytes:
    return _message(10, 1, 10) + b"\x12\x00" * (size // 2)


def _samples() -> bytes:
    """protobuf, a million empty samples"""
    return _empty_samples(2 * MIB - 2_000)


def _more_samples() -> bytes:
    """protobuf, 60 million empty samples"""
    return _empty_samples(120 * MIB)


def _strings() -> bytes:
    """protobuf, 60 million empty strings"""
    return _message(10, 1, 10) + b"\x32\x00" * (60 * MIB)


INPUTS: list[Callable[[], bytes]] = [
    _bomb, _bombs, _bombs_of_goroutines, _nested, _endless, _endless_name, _endless_log, _short_lines, _short_records,
    _all_differ, _all_differ_in_a_log, _records_differ, _frames, _calls, _inlined, _locations, _samples, _more_samples,
    _strings,
]  # fmt: skip
