"""Fuzzes every reader for as long as it is told to: ``python tests/fuzz/run.py --inputs 1000000``.

Every input is a real profile, or a piece of one, with a few changes. An exception that is not the
reader's own, a result that contradicts itself, and an input that takes more processor time than
--seconds are failures; each is saved. The last line says how many inputs were tried, how many were read all the
same, and the peak of memory.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from mutate import mutated, seeds

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile import formats, halves, kinds
from goleak_lsp.profile.model import Profile
from goleak_lsp.profile.work import read_half

FILE = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it is there to the end


class TooSlow(Exception):
    """An input took longer than it may."""


def halved(data: bytes) -> tuple[tuple[Profile, ...], list[str]] | None:
    """What two workers make of ``data``; None for what one has to read."""
    FILE.seek(0)
    FILE.truncate()
    FILE.write(data)
    FILE.seek(0)
    where = halves.middle(FILE)
    return where and halves.joined(where, *(read_half(FILE, where, last) for last in (False, True)))


def told(profile: Profile) -> tuple:
    """All that a profile tells; of samples that are equal but for their counts, only the sum is told."""
    counts: Counter[tuple] = Counter()
    for sample in profile.samples:
        counts[sample.stack, *sample[2:]] += sample.count
    return profile._replace(samples=()), counts


def check(data: bytes) -> bool:
    """Decodes ``data``; whether it was a profile. Raises whatever is wrong with the reader."""
    try:
        profiles, problems = formats.decode(data)
    except ProfileError as error:
        assert str(error)
        assert halved(data) is None
        return False
    found = halved(data)
    assert found is None or (list(map(told, found[0])), found[1]) == (list(map(told, profiles)), problems)
    assert profiles
    for profile in profiles:
        counted = sum(sample.count for sample in profile.samples)
        assert 0 <= counted <= profile.total, (counted, profile.total)
        for sample in profile.samples:
            assert sample.stack and sample.count > 0
            assert all(0 <= frame.line < 1 << 31 for frame in sample.stack)
            assert kinds.kind_of(sample)
            assert isinstance(kinds.possible(sample), frozenset)
    assert all(isinstance(text, str) and text for text in problems)
    return True


def fuzz(inputs: int, seed: int, seconds: float, folder: Path) -> int:
    """The number of failures among ``inputs`` inputs."""

    def stop(*_) -> None:
        raise TooSlow

    signal.signal(signal.SIGPROF, stop)
    random, corpus = Random(seed), seeds()
    failures = read = 0
    begun = time.monotonic()
    for number in range(1, inputs + 1):
        data = mutated(random.choice(corpus), random.choice(corpus), random)
        try:
            signal.setitimer(signal.ITIMER_PROF, seconds)
            read += check(data)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            failures += 1
            signal.setitimer(signal.ITIMER_PROF, 0)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{seed}-{number}").write_bytes(data)
            if failures <= 10:
                traceback.print_exc()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        if number % 100_000 == 0 or number == inputs:
            rate = number / (time.monotonic() - begun)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            print(f"{number:,} inputs, {read:,} read, {failures} failures, {rate:,.0f}/s, {peak} MiB", flush=True)
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5, help="processor time that one input may take")
    parser.add_argument("--folder", type=Path, default=Path("fuzz-failures"), help="where failing inputs are saved")
    options = parser.parse_args()
    return int(fuzz(options.inputs, options.seed, options.seconds, options.folder) > 0)


if __name__ == "__main__":
    sys.exit(main())
