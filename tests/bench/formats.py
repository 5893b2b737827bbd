"""Measures the readers against Go's own tools: `python tests/bench/formats.py [--rounds N] [--only PART]`.

Real programs write the profiles: dumps of 60 MB whose blocks repeat, or differ in every argument
and address, and 50,000 distinct stacks in each format. Everything is measured in turn, round after
round; the median counts. Reading a dump is timed with its worker processes, gostackparse within its
own, so what it costs to start is not in its figure. Memory is that of `check` and its workers together,
for large dumps and for input that is made to cost memory.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median

import hostile

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile import profile_pb2
from goleak_lsp.profile.reader import decode_in_worker
from goleak_lsp.profile.worker import Cancel

HERE = Path(__file__).parent
WIDE = HERE.parents[1] / "fixtures" / "formats" / "wide"
PROGRAM = Path(sys.executable).with_name("goleak-lsp")
FEW, MANY = 50, 50_000
SIZE, LARGE = 60_000_000, 200_000_000


def build(source: Path, folder: Path) -> Path:
    """The Go program in ``source``, built."""
    out = folder / source.name
    subprocess.run(["go", "build", "-o", out, "."], cwd=source, check=True, env=os.environ | {"GOFLAGS": "-mod=mod"})
    return out


def grown(path: Path, size: int) -> Path:
    """The dump repeated, with other numbers of goroutines and other addresses, to ``size`` bytes."""
    data = path.read_bytes()
    parts, total, turn = [], 0, 0
    while total < size:
        # Numbers go on, so that it stays one snapshot.
        part = data.replace(b"\ngoroutine ", b"\ngoroutine %d" % (100 + turn))
        part = part.replace(b"goroutine 1 ", b"goroutine %d " % (turn + 1), 1)
        parts.append(part if turn % 2 == 0 else part.replace(b"0xc", b"0xd"))
        total += len(part) + 1
        turn += 1
    path.write_bytes(b"\n".join(parts))
    return path


def write(wide: Path, folder: Path, *arguments: object) -> None:
    subprocess.run([wide, *map(str, arguments[:2]), folder, *map(str, arguments[2:])], check=True)


def ours(path: Path) -> float:
    """Seconds to read a profile, worker and all."""
    begun = time.monotonic()
    with path.open("rb", buffering=0) as file:
        profiles, problems = decode_in_worker(file, seconds=60)
    assert len(profiles) == 1 and not problems, (len(profiles), problems)
    return time.monotonic() - begun


def theirs(program: Path, path: Path) -> float:
    """Seconds that gostackparse says it took."""
    return float(subprocess.run([program, path], check=True, capture_output=True).stdout)


def whole(*command: object) -> float:
    """Seconds of a whole process."""
    begun = time.monotonic()
    subprocess.run(list(map(str, command)), check=False, capture_output=True)
    return time.monotonic() - begun


def busy(work: Callable[[], object]) -> float:
    """Seconds that something, and all that it starts, keeps a processor busy."""
    before = os.times()
    work()
    return sum(os.times()[:4]) - sum(before[:4])


def processor(*command: object) -> float:
    """The same for a process."""
    return busy(lambda: whole(*command))


def peak(path: Path) -> tuple[int, int]:
    """The most MiB that `check` and its workers hold at one time, and its exit status."""
    process = subprocess.Popen([PROGRAM, "check", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(resident, [process.pid, *children(process.pid)])))
        time.sleep(0.01)
    return most >> 20, process.returncode


def children(process: int) -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def many(path: Path, times: int) -> Path:
    """The same profile with ``times`` as many goroutines on every stack."""
    message = profile_pb2.Profile.FromString(gzip.decompress(path.read_bytes()))
    for sample in message.sample:
        sample.value[:] = [value * times for value in sample.value]
    found = path.with_name(f"{times}.{path.name}")
    found.write_bytes(gzip.compress(message.SerializeToString(), 1))
    return found


def cancelled(path: Path) -> str:
    """How progress and cancelling go while a large dump is read."""
    cancel, told = Cancel(), []

    def progress(done: int, size: int) -> None:
        told.append((time.monotonic(), done / size))
        if len(told) == 3:
            cancel.cancel()

    with path.open("rb", buffering=0) as file, suppress(ProfileError):
        decode_in_worker(file, seconds=60, cancel=cancel, progress=progress)
    if len(told) < 3:
        return f"read before it could be cancelled, progress told {len(told)} times"
    return f"cancelled at {told[-1][1]:.0%}, gone {(time.monotonic() - told[-1][0]) * 1000:.0f} ms later"


def report(name: str, one: Callable[[], float], other: Callable[[], float], rounds: int, size: int = 0) -> None:
    """Prints how many times as fast ``one`` is as ``other``."""
    times = [(one(), other()) for _ in range(rounds)]
    mine, its = (median(column) for column in zip(*times, strict=True))
    speed = f"{size / mine / 1e6:7.0f} MB/s, {size / its / 1e6:5.0f} MB/s" if size else f"{mine:7.2f} s, {its:5.2f} s"
    print(f"{name:<52} {speed}  {its / mine:5.2f}×", flush=True)


def speed(folder: Path, rounds: int) -> None:
    """The rows that compare times."""
    parser_program = build(HERE / "gostackparse", folder)
    for kind in ("repeat", "differ"):
        path = grown(folder / f"{kind}.debug2.txt", SIZE)
        report(f"debug=2, {kind}, against gostackparse", lambda p=path: ours(p),
               lambda p=path: theirs(parser_program, p), rounds, path.stat().st_size)  # fmt: skip
        report("  the same in processor time", lambda p=path: busy(lambda: ours(p)),
               lambda p=path: processor(parser_program, p), rounds, path.stat().st_size)  # fmt: skip
    for end in ("pb.gz", "debug1.txt"):
        path = folder / f"distinct.{end}"
        check, top = (PROGRAM, "check", path), ("go", "tool", "pprof", "-top", path)
        report(f"check of 50,000 stacks, {end}, against pprof -top", lambda c=check: whole(*c), lambda t=top: whole(*t),
               rounds)  # fmt: skip
        report("  the same in processor time", lambda c=check: processor(*c), lambda t=top: processor(*t), rounds)
    one = folder / "distinct.pb.gz"
    thousand = many(one, 1_000)
    report("1,000 times the goroutines, against 50,000", lambda: processor(PROGRAM, "check", thousand),
           lambda: processor(PROGRAM, "check", one), rounds)  # fmt: skip


def memory(folder: Path) -> None:
    """The rows that tell the peak of memory."""
    for kind, size in (("repeat", SIZE), ("differ", SIZE), ("differ", LARGE)):
        path = grown(folder / f"{kind}.debug2.txt", size)
        size = path.stat().st_size / 1e6
        print(f"check of {size:.0f} MB, {kind}: at most {peak(path)[0]} MiB in all processes", flush=True)
    packed = folder / "packed.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), 1))
    print(f"the same, gzip: at most {peak(packed)[0]} MiB in all processes", flush=True)
    for large in (path, packed):
        print(f"{large.name}: {cancelled(large)}", flush=True)
    for end in ("pb.gz", "debug1.txt"):
        print(f"check of 50,000 stacks, {end}: at most {peak(folder / f'distinct.{end}')[0]} MiB", flush=True)
    for name, bad in hostile.written(folder):
        begun = time.monotonic()
        most, status = peak(bad)
        print(f"hostile: {name}: at most {most} MiB, status {status}, {time.monotonic() - begun:.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("speed", "memory"), help="a part of the rows")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wide = build(WIDE, folder)
        write(wide, folder, "repeat", 20_000)
        write(wide, folder, "differ", 20_000)
        write(wide, folder, "distinct", MANY, MANY)
        if arguments.only != "memory":
            speed(folder, arguments.rounds)
        if arguments.only != "speed":
            memory(folder)


main()
