"""Local files of the frames of some profiles, for whatever shows whole stacks."""

from __future__ import annotations

from collections.abc import Iterable

from goleak_lsp.placing.files import FileMap, SourceTree
from goleak_lsp.profile.model import Frame, Profile


class Locator:
    """Asks the map of each profile in turn; what each shows of its build's layout is learned once."""

    def __init__(self, profiles: Iterable[Profile], tree: SourceTree) -> None:
        self._tree = tree
        self._maps = [FileMap(profile, tree) for profile in profiles]

    def file(self, frame: Frame) -> str | None:
        """The user's file that ``frame`` stands in, relative to the root; None for libraries and the unknown."""
        for files in self._maps:
            if path := files.local(frame):
                return self._tree.relative(path)
        return None
