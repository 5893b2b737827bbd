"""Files that are read again when they change: a path or a glob, with the interface of a live source.

Without timers of its own: the server says when to look.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import Executor

from goleak_lsp.profile.model import Profile
from goleak_lsp.sources import file
from goleak_lsp.sources.load import FILES, Snapshot, load

Stamp = tuple[tuple[str, int, int, int], ...]


class WatchedFiles:
    """One SOURCE that names files. What was read outlives a read that fails."""

    live = False

    def __init__(self, spec: str, executor: Executor | None = None) -> None:
        self.spec = self.name = spec
        self.process = FILES
        self.problems: tuple[str, ...] = ()
        self._executor = executor
        self._snapshots: list[Snapshot] = []
        self._stamp: Stamp = ()
        self._failure: str | None = None
        self._read_at: float | None = None
        self._polling = asyncio.Lock()

    @property
    def state(self) -> str:
        """``ok``, ``failed: why`` or ``never answered``, with the reason once it was read."""
        if self._failure:
            return f"{'failed' if self._snapshots else 'never answered'}: {self._failure}"
        return "ok" if self._snapshots else "never answered"

    def age(self, now: float) -> float | None:
        """Seconds since the files were read; None if they never were."""
        return None if self._read_at is None else max(0.0, now - self._read_at)

    def shots(self) -> list[tuple[str, Profile]]:
        """Process and profile of all that is known, as the analysis wants them."""
        return [(s.process, s.profile) for s in self._snapshots]

    def newest(self) -> list[tuple[str, Profile]]:
        """The name and the newest profile of every file."""
        return [(s.source, s.profile) for s in self._snapshots if s.newest]

    async def poll(self, now: float, *, refresh: bool = False) -> bool:
        """Reads what has changed since; whether anything was read. ``refresh`` reads in any case."""
        async with self._polling:
            loop = asyncio.get_running_loop()
            stamp = await loop.run_in_executor(self._executor, _stamp, self.spec)
            if stamp == self._stamp and not refresh:
                return False
            snapshots, problems = await loop.run_in_executor(self._executor, load, [self.spec])
            self._stamp = stamp
            self.problems = tuple(p.message for p in problems if not p.fatal)
            fatal = [p.message for p in problems if p.fatal]
            self._failure = "; ".join(fatal)[:600] or None
            if snapshots:
                self._snapshots, self._read_at = snapshots, now
            return bool(snapshots)


def _stamp(spec: str) -> Stamp:
    """What tells that files were written: their names, times, sizes and numbers."""
    found = []
    for name in file.expand(spec):
        try:
            state = os.stat(name)
        except (OSError, ValueError):
            # A file that is gone has a stamp of its own, so that its return is seen.
            found.append((name, 0, 0, 0))
            continue
        found.append((name, state.st_mtime_ns, state.st_size, state.st_ino))
    return tuple(found)
