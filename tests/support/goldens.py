"""Golden results of fixes, kept in the archives that they are of.

``UPDATE_GOLDEN=1`` rewrites them; then the tests fail where they changed.
"""

from __future__ import annotations

import difflib
import os
import re

from support.archive import Archive


def diff(before: bytes, after: bytes) -> str:
    """What changed, with a line around it and without the markers."""
    old, new = (re.sub(r" *//@.*", "", data.decode()).split("\n") for data in (before, after))
    return "\n".join(list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:]) + "\n"


def compare(archive: Archive, goldens: dict[str, str]) -> None:
    """Fails where ``goldens``, by the names of their files, are others than those of the archive."""
    written = {name: text for name, text in archive.files.items() if name.endswith(".diff")}
    if written != goldens and os.environ.get("UPDATE_GOLDEN"):
        archive.save({name: text for name, text in archive.files.items() if name not in written} | goldens)
    assert written == goldens
