"""Measures the readers against Go's own tools: `python tests/bench/formats.py [--rounds N]`.

Real programs write the profiles: dumps of 60 MB whose blocks repeat, or differ in every argument
and address, and 50,000 distinct stacks in each format. Everything is measured in turn, round after
round; the median counts. Reading a dump is timed with its worker process, gostackparse within its
own, so what it costs to start is not in its figure.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from goleak_lsp.profile.reader import decode_in_worker

HERE = Path(__file__).parent
WIDE = HERE.parents[1] / "fixtures" / "formats" / "wide"
PROGRAM = Path(sys.executable).with_name("goleak-lsp")
FEW, MANY = 50, 50_000
SIZE = 60_000_000


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


def peak(path: Path) -> int:
    """The most MiB that `check` and its worker hold at one time."""
    process = subprocess.Popen([PROGRAM, "check", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.01):
            most = max(most, sum(map(resident, [process.pid, *children(process.pid)])))

    thread = threading.Thread(target=watch)
    thread.start()
    process.wait()
    ended.set()
    thread.join()
    return most >> 20


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


def report(name: str, one: Callable[[], float], other: Callable[[], float], rounds: int, size: int = 0) -> None:
    """Prints how many times as fast ``one`` is as ``other``."""
    times = [(one(), other()) for _ in range(rounds)]
    mine, its = (median(column) for column in zip(*times, strict=True))
    speed = f"{size / mine / 1e6:7.0f} MB/s, {size / its / 1e6:5.0f} MB/s" if size else f"{mine:7.2f} s, {its:5.2f} s"
    print(f"{name:<52} {speed}  {its / mine:5.2f}×", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wide, parser_program = build(WIDE, folder), build(HERE / "gostackparse", folder)
        write(wide, folder, "repeat", 20_000)
        write(wide, folder, "differ", 20_000)
        write(wide, folder, "distinct", MANY, MANY)
        for kind in ("repeat", "differ"):
            path = grown(folder / f"{kind}.debug2.txt", SIZE)
            report(f"debug=2, {kind}, against gostackparse", lambda p=path: ours(p),
                   lambda p=path: theirs(parser_program, p), rounds, path.stat().st_size)  # fmt: skip
        for end in ("pb.gz", "debug1.txt"):
            path = folder / f"distinct.{end}"
            report(f"check of 50,000 stacks, {end}, against pprof -top", lambda p=path: whole(PROGRAM, "check", p),
                   lambda p=path: whole("go", "tool", "pprof", "-top", p), rounds)  # fmt: skip
        for kind, size in (("repeat", SIZE), ("differ", SIZE), ("differ", 200_000_000)):
            path = grown(folder / f"{kind}.debug2.txt", size)
            print(f"check of {path.stat().st_size / 1e6:.0f} MB, {kind}: at most {peak(path)} MiB in all processes")
        packed = folder / "packed.gz"
        packed.write_bytes(gzip.compress(path.read_bytes(), 1))
        print(f"the same, gzip: at most {peak(packed)} MiB in all processes")


main()
