"""Open documents: the text as it is now, and the texts that a running program may be built of."""

from __future__ import annotations

import os
import stat
from functools import cached_property
from pathlib import Path

from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import MAX_SOURCE
from goleak_lsp.placing.marks import Drift, narrow
from goleak_lsp.text import LineIndex

MAX_BUILDS = 8
"""Saved texts of one file that are kept; a profile of an older build is placed on the oldest."""
MAX_FOLLOWED = 20
"""Texts beside those that are followed through the changes of one document."""


class Build:
    """A text that was on disk, so that a build may have seen it, and how it drifted since."""

    def __init__(self, data: bytes, now: bytes) -> None:
        self.data = data
        self.drift = Drift(data)
        if data != now:
            start, end, new = narrow(data, now)
            self.drift.replace(start, end, new)

    @cached_property
    def file(self) -> GoFile:
        """The text, parsed."""
        return GoFile.parse(self.data)


class Document:
    """One open file. ``builds`` holds what was on disk when it was opened and each text that
    was saved since, oldest first; ``placed`` is the one that findings stand on."""

    def __init__(self, uri: str, path: Path | None, version: int, text: str, on_disk: bytes | None = None) -> None:
        self.uri, self.path, self.version = uri, path, version
        self.lines = LineIndex(text.encode("utf-8", "surrogatepass"))
        self.builds = [Build(self.data if on_disk is None else on_disk, self.data)]
        self.placed = self.builds[0]
        self._followed: list[Drift] = []
        self._parsed: GoFile | None = None
        self._edits: list[tuple[int, int, int]] = []

    @property
    def data(self) -> bytes:
        """The bytes of the text as it is now."""
        return self.lines.data

    def change(self, start: int, end: int, text: str) -> None:
        """Replaces bytes of the text as it is now."""
        # Editors replace whole lines or files of which little changes; marks in the rest stay.
        first, last, new = narrow(self.data[start:end], text.encode("utf-8", "surrogatepass"))
        start, end = start + first, start + last
        self.lines = self.lines.edited(start, end, new)
        for build in self.builds:
            build.drift.replace(start, end, new)
        for drift in self._followed:
            drift.replace(start, end, new)
        self._edits.append((start, end, start + len(new)))

    def follow(self) -> Drift:
        """How the text drifts from what it is now on."""
        drift = Drift(self.data)
        self._followed = [*self._followed[1 - MAX_FOLLOWED :], drift]
        return drift

    def saved(self) -> None:
        """The text as it is now is what the next build sees."""
        if self.builds[-1].data != self.data:
            self.builds.append(Build(self.data, self.data))
            # The first is kept: the program that runs since before the session is built of it.
            del self.builds[1 : max(1, len(self.builds) - MAX_BUILDS + 1)]

    @property
    def file(self) -> GoFile:
        """The text as it is now, parsed; only what was edited since is parsed again."""
        if self._parsed is None or self._edits:
            self._parsed = GoFile.parse(self.data, self._parsed, self._edits)
            self._edits = []
        return self._parsed


def text_on_disk(path: Path) -> bytes | None:
    """The bytes of a regular file of no more than the size that is placed on; else None."""
    try:
        state = os.stat(path)
        return path.read_bytes() if stat.S_ISREG(state.st_mode) and state.st_size <= MAX_SOURCE else None
    except OSError:
        return None
