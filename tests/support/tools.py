"""The programs that the end-to-end tests run: those of `.tools`, else those on PATH."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools"
EDITORS = ROOT / "editors"
GO = "go1.27.3"


def environment(home: Path) -> dict[str, str]:
    """An environment in which editors find the installed server and gopls, and keep their files in ``home``."""
    path = [str(Path(sys.executable).absolute().parent), str(TOOLS / "bin"), os.environ["PATH"]]
    kept = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    # gopls and the builds share Go's caches with every other run, wherever XDG_CACHE_HOME points.
    caches = {"GOCACHE": os.environ.get("GOCACHE", str(Path.home() / ".cache/go-build")), "GOTOOLCHAIN": GO}
    return {**os.environ, **kept, **caches, "PATH": os.pathsep.join(path)}


def program(name: str) -> str:
    """The whole path of a program; fails where `scripts/install-test-tools.sh` was not run."""
    found = shutil.which(name, path=environment(Path())["PATH"])
    assert found, f"{name} is not there: scripts/install-test-tools.sh installs it"
    return found
