"""Decodes one profile in other processes, which can be killed and have a memory limit."""

from __future__ import annotations

import math
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile import halves, work
from goleak_lsp.profile.collecting import no_collection
from goleak_lsp.profile.model import Profile

_START = "import sys; sys.path[:0] = sys.argv[6:]; from goleak_lsp.profile.work import work; work(*sys.argv[1:6])"

Progress = Callable[[int, int], None]
"""Told from time to time how many bytes of how many have been read."""
_TICK = 0.1


class Cancel:
    """Handed to ``decode``; ``cancel`` ends it from any thread, now or before its start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: Sequence[subprocess.Popen] = ()
        self.cancelled = False

    def cancel(self) -> None:
        """Kills the workers; their caller gets a ProfileError."""
        with self._lock:
            self.cancelled = True
            self._kill()

    def attach(self, processes: Sequence[subprocess.Popen]) -> None:
        """Tells which processes ``cancel`` has to kill; none once they have been waited for."""
        with self._lock:
            self._processes = processes
            if self.cancelled:
                self._kill()

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()


def decode(
    data: bytes | IO[bytes], seconds: float, memory: int, cancel: Cancel, progress: Progress | None = None
) -> tuple[tuple[Profile, ...], list[str]]:
    """What ``formats.decode`` gives, from a process that is killed after ``seconds``; raises ProfileError.

    A file that can be cut in two is read by two processes, which have half the memory each.
    """
    end = time.monotonic() + seconds
    where = None if isinstance(data, bytes) else halves.cut(data)
    try:
        if where is not None:
            found = _in_halves(data, where, end, memory, cancel, progress)
            if found is not None:
                return found
            data.seek(0)
        [answer] = _ask(data, [_command(end, memory)], end, cancel, progress)
    except subprocess.TimeoutExpired:
        raise ProfileError(f"takes longer than {seconds:.2g} s to read") from None
    with no_collection():
        packed, problems = _result(answer, memory)
        return tuple(map(work.unpack, packed)), problems


def _in_halves(
    file: IO[bytes], where: halves.Cut, end: float, memory: int, cancel: Cancel, progress: Progress | None
) -> tuple[tuple[Profile, ...], list[str]] | None:
    """The same from two processes; None where all of it has to be read by one."""
    commands = [_command(end, memory // 2, where, last) for last in (False, True)]
    answers = _ask(file, commands, end, cancel, progress)
    with no_collection():
        try:
            found = [part for answer in answers for part in _result(answer, memory)]
        except ProfileError:
            # One process has more memory, and finds the words for what is wrong with all of it.
            return None
        return halves.joined(where, *(part and part[1]._replace(profile=work.unpack(part[0])) for part in found))


def _ask(
    data: bytes | IO[bytes], commands: list[list[str]], end: float, cancel: Cancel, progress: Progress | None
) -> list[bytes]:
    """The answers of some workers to the same data."""
    piped = isinstance(data, bytes)
    with ExitStack() as stack:
        processes = [stack.enter_context(_start(subprocess.PIPE if piped else data, line)) for line in commands]
        cancel.attach(processes)
        try:
            if piped:
                left = max(end - time.monotonic(), 0)
                answers = [process.communicate(data, timeout=left)[0] for process in processes]
            else:
                share = len(processes)
                answers = [_watched(process, data, end, progress, share) for process in processes]
        finally:
            for process in processes:
                process.kill()
            cancel.attach(())
    if cancel.cancelled:
        raise ProfileError("was not read to its end: cancelled")
    return answers


def _watched(process: subprocess.Popen, file: IO[bytes], end: float, progress: Progress | None, share: int) -> bytes:
    """A worker's answer. One of as many as share a file shares its position too, which tells how far all are."""
    size = os.fstat(file.fileno()).st_size
    while True:
        left = max(end - time.monotonic(), 0)
        try:
            return process.communicate(timeout=min(_TICK, left) if progress else left)[0]
        except subprocess.TimeoutExpired:
            if time.monotonic() >= end:
                raise
            progress(min(file.tell() * share, size), size)


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


def _command(end: float, memory: int, where: halves.Cut | None = None, last: bool = False) -> list[str]:
    # -I keeps the working folder, which may be a workspace that nobody trusts, off the path;
    # -S skips what site would add, since the path is handed over whole.
    home = str(Path(__file__).resolve().parents[2])
    path = [home, *(entry for entry in sys.path if os.path.isabs(entry))]
    seconds = math.ceil(max(end - time.monotonic(), 0)) + 1
    part = [where.form, str(where.at), "last" if last else ""] if where else ["", "", ""]
    return [sys.executable, "-I", "-S", "-c", _START, str(memory), str(seconds), *part, *path]


def _result(answer: bytes, memory: int) -> tuple:
    """What a worker found, still packed; raises ProfileError with its word for what is wrong."""
    try:
        result = pickle.loads(answer)
    except (pickle.UnpicklingError, EOFError):
        # It died before it could say why, as happens where the system ends it.
        raise ProfileError("cannot be read: its decoder was ended by the system") from None
    if result is None:
        raise ProfileError(f"needs more than {memory >> 20} MiB of memory to read")
    if isinstance(result, str):
        raise ProfileError(result)
    return result
