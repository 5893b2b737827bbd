"""What the binary that lies beside a profile says of the code that it was built of."""

from __future__ import annotations

import os

from goleak_lsp.errors import SourceError
from goleak_lsp.sources.file import open_regular

MAX_ENTRIES = 200
"""Files of the folder that are looked at."""

_BINARIES = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"MZ")


def revisions_beside(profile: str, program: str) -> tuple[str, ...]:
    """The commit and version of the binary ``program`` in the folder of a profile.

    Where there is none of that name, of the only Go binary there; nothing where there are several.
    """
    folder = os.path.dirname(profile) or "."
    named = _revisions(os.path.join(folder, program)) if program else ()
    if named:
        return named
    found = {told for name in _executables(folder) if (told := _revisions(os.path.join(folder, name)))}
    return found.pop() if len(found) == 1 else ()


def _executables(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            near = [entry for entry, _ in zip(entries, range(MAX_ENTRIES), strict=False)]
        return [e.name for e in near if e.is_file(follow_symlinks=False) and os.access(e.path, os.X_OK)]
    except OSError:
        return []


def _revisions(path: str) -> tuple[str, ...]:
    try:
        with open_regular(path) as file:
            if not file.read(4).startswith(_BINARIES):
                return ()
            # Most profiles lie alone.
            from goleak_lsp.profile.buildinfo import revisions_of

            return revisions_of(file)
    except (SourceError, OSError, ValueError):
        return ()
