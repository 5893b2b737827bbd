"""A workspace on disk, made of a fixture."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """A folder with Go files and profiles."""

    root: Path

    @classmethod
    def copy(cls, fixture: Path, target: Path) -> Workspace:
        shutil.copytree(fixture, target)
        return cls(target)

    @property
    def main(self) -> Path:
        return self.root / "main.go"

    @property
    def uri(self) -> str:
        return self.main.as_uri()

    @property
    def leak(self) -> str:
        """The path of the leak profile."""
        return str(self.root / "profiles" / "go1.27-goroutineleak.pb.gz")

    @property
    def plain(self) -> str:
        return str(self.root / "profiles" / "go1.27-goroutine.pb.gz")

    @property
    def line(self) -> int:
        """The line, from 0, that is marked as the leak."""
        return self.main.read_text().split("//goleak:want")[0].count("\n")
