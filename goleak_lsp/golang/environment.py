"""What the go command reads from its environment, and from the file that ``go env -w`` writes where that is silent."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

_MAX_FILE = 1 << 16


def go_variable(name: str) -> str:
    """The value of one of Go's variables, such as ``GOFLAGS``; empty where nobody has set it."""
    return os.environ.get(name) or _written(name)


def _written(name: str) -> str:
    file = _file()
    try:
        if file is None or file.stat().st_size > _MAX_FILE:
            return ""
        found = re.findall(rf"^{name}=(.*?)\r?$", file.read_text("utf-8", "replace"), re.MULTILINE)
    except OSError:
        return ""
    return found[-1] if found else ""


def _file() -> Path | None:
    given = os.environ.get("GOENV")
    if given:
        return Path(given) if os.path.isabs(given) else None
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        folder = os.environ.get("APPDATA", "")
    elif sys.platform == "darwin":
        folder = os.path.join(home, "Library", "Application Support")
    else:
        folder = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return Path(folder, "go", "env") if os.path.isabs(folder) else None
