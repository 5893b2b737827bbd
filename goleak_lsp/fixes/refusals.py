"""Files that no fix edits, and why: an edit would be lost, or nobody could say whether it builds."""

from __future__ import annotations

import re
from pathlib import Path

from goleak_lsp.golang.constraints import excluding
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree

_GENERATED = re.compile(rb"^(//|/\*).*DO NOT EDIT", re.MULTILINE)


def refusal(path: Path, file: GoFile, tree: SourceTree) -> str:
    """The reason not to edit a file, as a sentence without its full stop; empty where it may be edited."""
    if file.has_errors:
        return f"{path.name} has syntax errors"
    if tree.contains(path) is None:
        return f"{path.name} is not of this workspace, or vendored"
    if is_generated(file):
        return f"{path.name} is generated: DO NOT EDIT"
    if "C" in file.imports.values():
        return f"{path.name} uses cgo"
    if constraint := excluding(path, file.data):
        return f"{path.name} is left out of the build here ({constraint})"
    return ""


def is_generated(file: GoFile) -> bool:
    """Whether a comment before the package clause says so."""
    clause = next((n.start_byte for n in file.root.named_children if n.type == "package_clause"), 0)
    return _GENERATED.search(file.data[:clause]) is not None
