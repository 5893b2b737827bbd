"""The installed program, run as scripts run it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from goleak_lsp.profile import profile_pb2

FIXTURES = Path(__file__).parents[2] / "fixtures"
LEAKY = FIXTURES / "leaky"
PROFILES = LEAKY / "profiles"
PLAIN = PROFILES / "go1.27-goroutine.pb.gz"
LEAK = PROFILES / "go1.27-goroutineleak.pb.gz"
PROGRAM = Path(sys.executable).with_name("goleak-lsp")
SECONDS = 10
"""The contract's limit for a command, whatever it is given."""


def run(*arguments, cwd=LEAKY, env: dict | None = None, **more) -> subprocess.CompletedProcess:
    """One command; it fails the test where it takes longer than the contract allows."""
    more.setdefault("stdin", subprocess.DEVNULL)
    if "input" in more:
        del more["stdin"]
    more.setdefault("text", True)
    begun = time.monotonic()
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        timeout=30,
    )
    assert time.monotonic() - begun < SECONDS, f"{arguments} took too long"
    assert "Traceback" not in str(done.stderr), done.stderr
    return done


def total_of(profile: Path) -> int:
    """The goroutines in a protobuf profile, counted without our decoder."""
    message = profile_pb2.Profile.FromString(gzip.decompress(profile.read_bytes()))
    return sum(sample.value[0] for sample in message.sample)


def report(*arguments, status: int | None = None, **more) -> dict:
    """The JSON report of `check`."""
    done = run("check", *arguments, "--format", "json", **more)
    assert status is None or done.returncode == status, done.stderr
    return json.loads(done.stdout)
