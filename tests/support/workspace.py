"""A workspace on disk, made of a fixture."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from support.markers import Marker, markers

FIXTURES = Path(__file__).parents[2] / "fixtures"


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
        return self.profile("go1.27-goroutineleak.pb.gz")

    @property
    def plain(self) -> str:
        return self.profile("go1.27-goroutine.pb.gz")

    def profile(self, name: str) -> str:
        """The path of one of the fixture's profiles, packed or not."""
        path = self.root / "profiles" / name
        return str(path if path.exists() else path.with_name(f"{name}.gz"))

    @property
    def line(self) -> int:
        """The line, from 0, of the first goroutines that are marked as leaked."""
        return next(m.line for m in markers(self.main.read_bytes()) if m.get("evidence") == "leaked") - 1

    def marked(self) -> list[tuple[str, Marker]]:
        """All markers of the Go files, each with its file relative to the root."""
        files = sorted(self.root.rglob("*.go"))
        return [(f.relative_to(self.root).as_posix(), m) for f in files for m in markers(f.read_bytes())]
