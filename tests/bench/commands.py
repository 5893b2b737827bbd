"""What is started anew each time: `check`, and a server that is asked its first question."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from support.client import PROGRAM, Client

from bench.figures import Figure
from bench.processes import processor_time

LEAKY = Path(__file__).parents[2] / "fixtures" / "leaky"
PROFILE = LEAKY / "profiles" / "go1.27-goroutine.pb.gz"


class Commands:
    """Whole processes, beside others that bound what can be reached."""

    def __init__(self) -> None:
        pprof, bare = Figure("go tool pprof -top FILE"), Figure("python -c 'import pygls.lsp.server'")
        check = Figure("goleak-lsp check FILE", 0.75, against=pprof)
        self.ready = Figure("goleak-lsp started → initialize answered", 1.2, against=bare)
        self.commands = {
            check: [PROGRAM, "check", PROFILE, "--root", LEAKY],
            pprof: ["go", "tool", "pprof", "-top", PROFILE],
            Figure("python -c pass"): [sys.executable, "-c", "pass"],
            bare: [sys.executable, "-c", "import pygls.lsp.server"],
        }
        self.figures = [*self.commands, self.ready]

    def round(self) -> None:
        for figure, command in self.commands.items():
            if shutil.which(command[0]):
                figure.add(*timed(command))
        begun = time.perf_counter()
        with Client() as client:
            client.initialize(LEAKY)
            self.ready.add(time.perf_counter() - begun, processor_time(client.process.pid))

    def notes(self) -> list[str]:
        return [] if shutil.which("go") else ["go is not installed, so there is nothing to compare check with"]


def timed(command: list[str | Path]) -> tuple[float, float | None]:
    """Seconds of wall time and of processor time of a whole process."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not hasattr(os, "wait4"):
        process.wait()
        return time.perf_counter() - begun, None
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_utime + usage.ru_stime
