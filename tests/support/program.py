"""Runs the programs of fixtures/, which say where they listen and when they are ready."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(program: Path, *arguments: str) -> Iterator[str]:
    """Starts a program, waits until it is ready, and gives the address that it serves."""
    command = (program, "-addr", "127.0.0.1:0", *arguments)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().split()[-1]
            while (line := process.stdout.readline()) != "ready\n":
                if not line:
                    raise RuntimeError(f"{program.name} ended before it was ready")
            yield address
        finally:
            process.kill()


def fetch(address: str, profile: str) -> bytes:
    """One profile of a running program: ``goroutine``, ``goroutineleak?debug=1``, …

    While a request has a body that nobody has read, Go's server starts no goroutine to watch
    the connection. It would be in some profiles and not in others, with a stack or without.
    """
    request = urllib.request.Request(f"http://{address}/debug/pprof/{profile}", data=b"unread", method="GET")
    request.add_header("Content-Type", "application/octet-stream")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()
