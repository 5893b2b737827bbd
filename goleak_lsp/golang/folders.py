"""The one way to look through a source tree: in breadth, bounded, without links and what is not the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

MAX_ENTRIES = 20_000
"""Folder entries that are looked at in one search."""

_SKIPPED = frozenset({"vendor", "node_modules", "testdata"})


def files_below(root: Path) -> Iterator[os.DirEntry]:
    """The entries below ``root`` that are no folders, by name within each folder."""
    queue, left = [root], MAX_ENTRIES
    for folder in queue:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            # One folder that cannot be listed hides no other.
            continue
        left -= len(entries)
        if left < 0:
            return
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                yield entry
            elif entry.name[0] not in "._" and entry.name not in _SKIPPED:
                queue.append(Path(entry.path))
