"""Open documents: the text as it is now, and the saved texts that profiles speak of."""

from __future__ import annotations

from pathlib import Path

from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.marks import Drift, narrow
from goleak_lsp.text import LineIndex


class Document:
    """One open file. ``saved`` is its text when it was opened."""

    def __init__(self, uri: str, path: Path | None, version: int, text: str) -> None:
        self.uri, self.path, self.version = uri, path, version
        self.data = text.encode("utf-8", "surrogatepass")
        self.lines = LineIndex(self.data)
        self.saved = self.data
        self.drift = Drift(len(self.data))
        self._parsed: GoFile | None = None
        self._edits: list[tuple[int, int, int]] = []

    def change(self, start: int, end: int, text: str) -> None:
        """Replaces bytes of the text as it is now."""
        new = text.encode("utf-8", "surrogatepass")
        if start == 0 and end == len(self.data):
            start, end, new = narrow(self.data, new)
        self.data = self.data[:start] + new + self.data[end:]
        self.lines = LineIndex(self.data)
        self.drift.replace(start, end, len(new))
        self._edits.append((start, end, start + len(new)))

    @property
    def file(self) -> GoFile:
        """The text as it is now, parsed; only what was edited since is parsed again."""
        if self._parsed is None or self._edits:
            self._parsed = GoFile.parse(self.data, self._parsed, self._edits)
            self._edits = []
        return self._parsed
