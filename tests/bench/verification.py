"""What it takes to build and vet one fix in a module of many packages."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from bench import workload
from bench.figures import Figure
from goleak_lsp.fixes.go_command import go_command
from goleak_lsp.fixes.verify import Result, verify

PACKAGES = 100
_SOURCE = """package main

import (
	"log"
	"net/http"
{imports}
)

func main() {{
	errs := make(chan error)
	go func() {{ errs <- http.ListenAndServe("localhost:0", nil) }}()
	log.Print("is never received from")
}}
"""


class Verification:
    """A fix in a package that imports all others of its module; the build cache knows those, but not its text."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        module = workload.write(folder / "packages", files=PACKAGES - 1, functions=8)
        self.root, self.main = module.root, module.root / "main.go"
        parts = sorted(path.parent.relative_to(self.root).as_posix() for path in module.files)
        imports = "\n".join(f'\t_ "example.com/bench/{part}"' for part in parts)
        self.main.write_text(_SOURCE.format(imports=imports))
        self.next = count()
        self.figure = Figure(f"one fix in a module of {PACKAGES} packages → verified", 3000, at="p99")
        self.figures = [self.figure] if go_command(self.root) else []
        if self.figures:
            for what in ("build", "vet"):
                subprocess.run(["go", what, "./..."], cwd=self.root, check=True)

    def round(self) -> None:
        if not self.figures:
            return
        fixed = self.main.read_text().replace("make(chan error)", "make(chan error, 1)")
        fixed += f"\n// Number {next(self.next)}: a text that no cache knows.\n"
        before, begun = _children(), time.perf_counter()
        verdict = verify(self.root, {self.main: fixed.encode()})
        self.figure.add(time.perf_counter() - begun, _children() - before)
        assert verdict.result is Result.GOOD, verdict

    def notes(self) -> list[str]:
        return []


def _children() -> float:
    """Seconds of the processor that ended child processes took."""
    times = os.times()
    return times.children_user + times.children_system
