"""A real Go service with a pprof address, built and run by the tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.tools import GO, environment


class Service:
    """The program in ``folder``; it keeps its address over a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.binary = folder.parent / "service"
        self.address = "127.0.0.1:0"
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def start(self) -> None:
        """Builds the program as it is on disk now, and returns once it serves."""
        env = environment(self.folder.parent) | {"GOTOOLCHAIN": GO, "GOFLAGS": "-buildvcs=false"}
        subprocess.run(["go", "build", "-o", self.binary, "."], cwd=self.folder, env=env, check=True, timeout=300)
        self.process = subprocess.Popen([self.binary, "-addr", self.address], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.address = line.split()[-1]
            if line == "ready\n":
                return
        raise AssertionError(f"the service ended with status {self.process.wait(10)} before it was ready")

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(10)
            self.process.stdout.close()
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()
