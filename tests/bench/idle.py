"""A server that has nothing to do: whether it does nothing, and what memory it holds."""

from __future__ import annotations

import time
from pathlib import Path

from support.client import Client

from bench.processes import LINUX, memory, processor_time, wake_ups

FIXTURE = Path(__file__).parents[2] / "fixtures" / "leaky"


def watched(seconds: float) -> str:
    """Opens a workspace and a file of it, names no source, and looks on; one sentence."""
    if not LINUX:
        return "an idle server is watched on Linux only"
    with Client() as client:
        client.initialize(FIXTURE)
        client.open(FIXTURE / "main.go")
        assert client.command("goleak.status")["result"]["sources"] == []
        process = client.process.pid
        # What was started for the answers above comes to rest.
        time.sleep(2)
        woken, ran = wake_ups(process), processor_time(process)
        time.sleep(seconds)
        woken, ran = wake_ups(process) - woken, processor_time(process) - ran
        return (
            f"idle for {seconds:g} s: woken {woken} times, {ran * 1000:.1f} ms of processor time, "
            f"{memory(process):.0f} MiB (at most 80)"
        )
