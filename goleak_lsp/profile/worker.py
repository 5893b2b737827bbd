"""Decodes one profile in another process, which can be killed and has a memory limit."""

from __future__ import annotations

import gc
import math
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from goleak_lsp.errors import GoleakError, ProfileError
from goleak_lsp.profile import formats
from goleak_lsp.profile.collecting import no_collection
from goleak_lsp.profile.model import Profile, sample_of

MAX_RESULT = 64 << 20
"""Bytes of an answer: what the caller holds is several times as much."""

_START = "import sys; sys.path[:0] = sys.argv[3:]; from goleak_lsp.profile import worker; worker.work()"


Progress = Callable[[int, int], None]
"""Told from time to time how many bytes of how many have been read."""
_TICK = 0.1


class Cancel:
    """Handed to ``decode``; ``cancel`` ends it from any thread, now or before its start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        self.cancelled = False

    def cancel(self) -> None:
        """Kills the worker; its caller gets a ProfileError."""
        with self._lock:
            self.cancelled = True
            if self._process:
                self._process.kill()

    def attach(self, process: subprocess.Popen | None) -> None:
        """Tells which process ``cancel`` has to kill; None once it has been waited for."""
        with self._lock:
            self._process = process
            if process and self.cancelled:
                process.kill()


def decode(
    data: bytes | IO[bytes], seconds: float, memory: int, cancel: Cancel, progress: Progress | None = None
) -> tuple[tuple[Profile, ...], list[str]]:
    """What ``formats.decode`` gives, from a process that is killed after ``seconds``; raises ProfileError."""
    answer = _ask(data, seconds, memory, cancel, progress)
    with no_collection():
        return _result(answer, memory)


def _ask(data: bytes | IO[bytes], seconds: float, memory: int, cancel: Cancel, progress: Progress | None) -> bytes:
    piped = isinstance(data, bytes)
    with _start(subprocess.PIPE if piped else data, _command(seconds, memory)) as process:
        cancel.attach(process)
        try:
            if progress and not piped:
                answer = _watched(process, data, seconds, progress)
            else:
                answer, _ = process.communicate(data if piped else None, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise ProfileError(f"takes longer than {seconds:.2g} s to read") from None
        finally:
            process.kill()
            cancel.attach(None)
    if cancel.cancelled:
        raise ProfileError("was not read to its end: cancelled")
    return answer


def _watched(process: subprocess.Popen, file: IO[bytes], seconds: float, progress: Progress) -> bytes:
    """The worker's answer. It shares the file's position, which tells how far it is."""
    size, deadline = os.fstat(file.fileno()).st_size, time.monotonic() + seconds
    while True:
        try:
            return process.communicate(timeout=min(_TICK, max(deadline - time.monotonic(), 0)))[0]
        except subprocess.TimeoutExpired:
            if time.monotonic() >= deadline:
                raise
            progress(min(file.tell(), size), size)


def _start(stdin: int | IO[bytes], command: list[str]) -> subprocess.Popen:
    # All three streams are given: the server's own carry the protocol and must not be inherited.
    try:
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise ProfileError(f"cannot be read: no worker starts ({error.strerror})") from None


def _command(seconds: float, memory: int) -> list[str]:
    # -I keeps the working folder, which may be a workspace that nobody trusts, off the path;
    # -S skips what site would add, since the path is handed over whole.
    home = str(Path(__file__).resolve().parents[2])
    path = [home, *(entry for entry in sys.path if os.path.isabs(entry))]
    return [sys.executable, "-I", "-S", "-c", _START, str(memory), str(math.ceil(seconds) + 1), *path]


def _result(answer: bytes, memory: int) -> tuple[tuple[Profile, ...], list[str]]:
    try:
        result = pickle.loads(answer)
    except (pickle.UnpicklingError, EOFError):
        # It died before it could say why, as happens where the system ends it.
        raise ProfileError("cannot be read: its decoder was ended by the system") from None
    if result is None:
        raise ProfileError(f"needs more than {memory >> 20} MiB of memory to read")
    if isinstance(result, str):
        raise ProfileError(result)
    packed, problems = result
    profiles = (profile._replace(samples=tuple(map(sample_of, zip(*columns)))) for profile, columns in packed)  # noqa: B905
    return tuple(profiles), problems


def _packed(profiles: Iterable[Profile], problems: list[str]) -> tuple[list[tuple[Profile, list[tuple]]], list[str]]:
    """The same with the fields of all samples side by side, which are packed and unpacked by the interpreter itself."""
    return [(profile._replace(samples=()), list(zip(*profile.samples))) for profile in profiles], problems  # noqa: B905


def work() -> None:
    """The worker: a profile on standard input, a pickle of the result, error or None on output."""
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    _limit(int(sys.argv[1]), int(sys.argv[2]))
    # It lives for one profile and makes no cycles: looking for some is a fifth of its time.
    gc.disable()
    try:
        answer = pickle.dumps(_packed(*formats.decode(sys.stdin.buffer)), protocol=5)
        if len(answer) > MAX_RESULT:
            answer = pickle.dumps(f"has more than {MAX_RESULT >> 20} MiB of different stacks")
    except MemoryError:
        answer = pickle.dumps(None)
    except GoleakError as error:
        answer = pickle.dumps(str(error))
    out.write(answer)
    out.flush()


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource

        # The time limit is for the case that the parent is gone and kills nothing any more.
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, ValueError, OSError):
        # Windows has no such limits and macOS refuses some: there the deadline has to do.
        return
