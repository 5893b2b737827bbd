"""What the system tells of a running process: how long it ran, what it holds, how often it woke."""

from __future__ import annotations

import sys
from pathlib import Path

LINUX = sys.platform == "linux"


def processor_time(process: int) -> float | None:
    """Seconds that all threads have run so far, to the nanosecond; None where the system does not tell."""
    if not LINUX:
        return None
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in _threads(process)) / 1e9


def memory(process: int) -> float | None:
    """MiB that a process holds in memory; None where the system does not tell."""
    return _status(Path(f"/proc/{process}"), "VmRSS") / 1024 if LINUX else None


def wake_ups(process: int) -> int:
    """How often the threads of a process left the processor so far, as each wake-up ends; on Linux."""
    names = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
    return sum(_status(thread, name) for thread in _threads(process) for name in names)


def _threads(process: int) -> list[Path]:
    return list(Path(f"/proc/{process}/task").iterdir())


def _status(folder: Path, name: str) -> int:
    for line in (folder / "status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0])
    return 0
