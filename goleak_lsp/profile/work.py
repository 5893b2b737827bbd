"""What runs in a worker process: one profile on standard input, the answer on standard output.

Apart from ``worker``, which starts it, so that a worker imports nothing but what reads profiles.
"""

from __future__ import annotations

import gc
import pickle
import sys
from typing import IO

from goleak_lsp.errors import GoleakError
from goleak_lsp.profile.halves import Cut, Half, pieces
from goleak_lsp.profile.model import Profile, sample_of

MAX_RESULT = 64 << 20
"""Bytes of an answer: what the caller holds is several times as much."""


def work(memory: str, seconds: str, form: str, at: str, last: str) -> None:
    """Writes a pickle: what was read, packed; a string that says what is wrong; or None for too little memory.

    Reads the first half or the last where a ``form`` is given, cut ``at`` a byte, and all of it else.
    """
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    _limit(int(memory), int(seconds))
    # It lives for one profile and makes no cycles: looking for some is a fifth of its time.
    gc.disable()
    try:
        answer = pickle.dumps(_half(Cut(form, int(at)), bool(last)) if form else _whole(), protocol=5)
        if len(answer) > MAX_RESULT:
            answer = pickle.dumps(f"has more than {MAX_RESULT >> 20} MiB of different stacks")
    except MemoryError:
        answer = pickle.dumps(None)
    except GoleakError as error:
        answer = pickle.dumps(str(error))
    out.write(answer)
    out.flush()


def _whole() -> tuple:
    from goleak_lsp.profile import formats

    profiles, problems = formats.decode(sys.stdin.buffer)
    return list(map(pack, profiles)), problems


def _half(where: Cut, last: bool) -> tuple:
    half = read_half(sys.stdin.buffer, where, last)
    return (half and (pack(half.profile), half._replace(profile=None)),)


def read_half(file: IO[bytes], where: Cut, last: bool) -> Half | None:
    """What the first half of a text holds, or the ``last``; None where it must not be read by itself."""
    if where.form == "dump":
        from goleak_lsp.profile.dump import Dump as Reader
    else:
        from goleak_lsp.profile.records import Records as Reader

    reader = Reader()
    for piece in pieces(file, where, last):
        reader.feed(piece)
    return reader.half(last)


def pack(profile: Profile) -> tuple[Profile, list[tuple]]:
    """A profile with the fields of all samples side by side: those the interpreter itself packs and unpacks."""
    return profile._replace(samples=()), list(zip(*profile.samples))  # noqa: B905


def unpack(packed: tuple[Profile, list[tuple]]) -> Profile:
    """The profile that was packed."""
    profile, columns = packed
    return profile._replace(samples=tuple(map(sample_of, zip(*columns))))  # noqa: B905


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource

        # The time limit is for the case that the parent is gone and kills nothing any more.
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, ValueError, OSError):
        # Windows has no such limits and macOS refuses some: there the deadline has to do.
        return
