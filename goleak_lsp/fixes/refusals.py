"""Files that no fix may change, and why: what a generator wrote, and what cannot be built here to see."""

from __future__ import annotations

from pathlib import Path

from goleak_lsp.golang.constraints import excluding
from goleak_lsp.golang.syntax import GoFile

_HEAD = 2048


def refusal(path: Path, file: GoFile) -> str:
    """Why no fix may change the file, in a few words; empty where one may."""
    if b"DO NOT EDIT" in file.data[:_HEAD]:
        return "the file is generated (DO NOT EDIT)"
    if file.has_errors:
        return "the file does not parse"
    if "C" in file.imports.values():
        return "the file uses cgo"
    if constraint := excluding(path, file.data):
        return f"the build leaves the file out here ({constraint})"
    return ""
