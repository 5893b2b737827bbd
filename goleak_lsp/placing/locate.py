"""Local places of the frames of some profiles, for whatever shows whole stacks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.layout import FileMap
from goleak_lsp.profile.model import Frame, Profile
from goleak_lsp.profile.names import split


class Locator:
    """Asks the map of each profile in turn; what each shows of its build's layout is learned once."""

    def __init__(self, profiles: Iterable[Profile], tree: SourceTree) -> None:
        self._tree = tree
        self._maps = [FileMap(profile, tree) for profile in profiles]

    def file(self, frame: Frame) -> str | None:
        """The user's file that ``frame`` stands in, relative to the root; None for libraries and the unknown."""
        path = self.path(frame)
        return self._tree.relative(path) if path else None

    def path(self, frame: Frame) -> Path | None:
        """The same as a path."""
        for files in self._maps:
            if path := files.local(frame):
                return path
        return None

    def line(self, frame: Frame) -> int | None:
        """Today's line of a frame: as far below its function's start as it was; None where that is gone."""
        path = self.path(frame)
        file = self._tree.read(path) if path else None
        return line_today(frame, file) if file else None


def line_today(frame: Frame, file: GoFile) -> int | None:
    """The line of ``frame`` in ``file`` as it is now, if its function is there and still that long."""
    name = split(frame.function)[1]
    # Inlining gives a closure its caller's name: then only where it starts tells what it is.
    named = [f for f in file.functions if f.name == name]
    starts = [f for f in file.functions if frame.start_line and f.line == frame.start_line]
    for function in [*(f for f in named if f in starts), *named, *starts]:
        line = function.line + frame.line - frame.start_line if frame.start_line else frame.line
        if function.line <= line <= function.end_line:
            return line
    return None
