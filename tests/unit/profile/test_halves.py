"""Two halves of a large text give what all of it gives, or nothing."""

import os
from pathlib import Path

import pytest

from goleak_lsp.profile import halves, reader, worker
from goleak_lsp.profile.formats import decode
from goleak_lsp.profile.reader import decode_in_worker

BLOCK = """\
goroutine {n} [{state}]{labels}:
main.f{kind}(0x{n:x})
\t/src/main.go:{kind} +0x1d
created by main.main in goroutine 1
\t/src/main.go:9 +0x1
"""
RECORD = """\
{count} @ 0x1{kind:03} 0x2{kind:03} 0x3000
#\t0x1{kind:03}\tmain.f{kind}+0x1d\t/src/main.go:{kind}
#\t0x2{kind:03}\tmain.g+0x1\t/src/main.go:7
"""


def block(n: int, kind: int, state: str = "chan receive", labels: str = "") -> str:
    return BLOCK.format(n=n, kind=kind, state=state, labels=labels)


def dump(numbers: range) -> list[str]:
    labels = ("", ' {"a": "b"}')
    return [block(n, n % 40 + 10, ("select", "chan send (leaked)")[n % 2], labels[n % 3 == 0]) for n in numbers]


def table(count: int, announced: int, kind: str = "goroutine") -> list[str]:
    return [f"{kind} profile: total {announced}\n" + record(0), *(record(n) for n in range(1, count))]


def record(n: int) -> str:
    return RECORD.format(count=2, kind=n % 300 + 100)


@pytest.fixture
def cut(monkeypatch, tmp_path):
    """Cuts any text, and tells what the halves give and how many workers were started."""
    monkeypatch.setattr(halves, "MIN_SIZE", 10)
    monkeypatch.setattr(reader, "SMALL_TEXT", 10)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    started = []
    start = worker._start
    monkeypatch.setattr(worker, "_start", lambda *given: started.append(given) or start(*given))

    def read(text: str):
        path = tmp_path / "text"
        path.write_text(text)
        started.clear()
        with path.open("rb", buffering=0) as file:
            return decode_in_worker(file, seconds=30), len(started)

    return read


TEXTS = {
    "a dump": "\n".join(dump(range(1, 400))),
    "a dump with a goroutine that cannot be read": "\n".join(
        [*dump(range(1, 99)), "goroutine 99 [select\n", *dump(range(100, 400))]
    ),
    "goroutines without a stack": "\n".join(
        f"goroutine {n} [running]:\n\tgoroutine running on other thread; stack unavailable\n" for n in range(1, 400)
    ) + "\n" + block(400, 1),
    "records": "\n".join(table(900, 1800)),
    "records of a leak profile": "\n".join(table(900, 1800, "goroutineleak")),
    "fewer records than announced": "\n".join(table(900, 1802)),
    "records of 32 addresses": "goroutine profile: total 600\n" + "\n".join(
        f"1 @{' 0x1000' * 31} 0x{n}\n" + "#\t0x1000\tmain.f+0x1d\t/src/main.go:4\n" * 31 for n in range(1000, 1600)
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_two_halves_give_what_one_reader_gives(cut, text):
    assert cut(text) == (decode(text.encode()), 2)


OTHERS = {
    "a dump that is cut off": "\n".join(dump(range(1, 400)))[:-60],
    "a dump whose second half has what cannot be read": "\n".join(
        [*dump(range(1, 300)), "goroutine 300 [\n", *dump(range(301, 400))]
    ),
    "records that cannot be read": "\n".join(
        [*table(500, 1800), "1 @ x\n", *map(record, range(100)), "2 @\n0x\n", record(1)]
    ),
    "two snapshots": "\n".join(dump(range(1, 300)) + dump(range(1, 300))),
    "a snapshot that begins in the middle of the second half": "\n".join(dump(range(1, 400)) + dump(range(1, 100))),
    "a crash that ends the dump": "\n".join([*dump(range(1, 300)), "panic: no\n", *dump(range(300, 600))]),
    "two profiles": "\n".join(table(300, 600) + table(800, 1600)),
    "limits that differ": "goroutine profile: total 600\n" + "\n".join(
        f"1 @{' 0x1000' * (31 if n < 400 else 50)} 0x{n}\n" + "#\t0x1000\tmain.f+0x1d\t/src/main.go:4\n"
        for n in range(1, 600)
    ),
    "threads that print theirs once more": "\n".join(
        [*dump(range(1, 300)), "-----\n", *dump(range(200, 240)), *dump(range(300, 400))]
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_what_halves_may_see_otherwise_is_read_by_one_worker(cut, text):
    assert cut(text) == (decode(text.encode()), 3)


def test_text_that_begins_otherwise_is_not_cut(cut):
    log = "started\n" + "\n".join(dump(range(1, 400)))
    assert cut(log) == (decode(log.encode()), 1)


def test_one_worker_reads_what_two_have_too_little_memory_for(cut, monkeypatch):
    text = TEXTS["a dump"]
    command = worker._command
    monkeypatch.setattr(
        worker, "_command", lambda end, memory, *part: command(end, 1 << 20 if part else memory, *part)
    )
    assert cut(text) == (decode(text.encode()), 3)


def test_a_file_read_from_its_middle_is_not_cut(cut, tmp_path):
    path = Path(tmp_path, "dump")
    path.write_text(TEXTS["a dump"])
    with path.open("rb", buffering=0) as file:
        assert halves.cut(file)
        file.read(1)
        assert halves.cut(file) is None
