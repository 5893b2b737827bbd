"""Today's other files, in which what left its file may be found."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from goleak_lsp.golang.folders import files_below
from goleak_lsp.placing.files import SourceTree, read_source
from goleak_lsp.placing.objects import Budget

if TYPE_CHECKING:
    from goleak_lsp.placing.following import Text

MAX_TEXTS = 24
MAX_SIBLINGS = 1_000
_SEARCH_SECONDS = 0.6
_KEEP_SECONDS = 10.0
_DECLARED = re.compile(rb"^func (?:\((?:\w+ +)?\*?(\w+)[^)\n]*\) *)?([A-Za-z_]\w*)", re.MULTILINE)


class Surroundings:
    """Finds files by the functions that they declare, in the package first and then everywhere."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree

    def declaring(self, name: str, near: Path) -> list[Text] | None:
        """Files that declare a function of this name: the package's, else the workspace's.

        None where there are more than can be looked at, or was no time to find them all.
        """
        wanted = _receiver_and_name(name)
        if found := self.declaring_near(wanted, near):
            return self._texts(found)
        index, complete = self._index()
        found = index.get(wanted.encode(), [])
        return self._texts(found) if complete and len(found) <= MAX_TEXTS else None

    def declaring_near(self, name: str, near: Path) -> list[Path]:
        """The files of the package of ``near`` that declare ``name`` or ``Type.name``."""
        return [p for p in go_siblings(near.parent) if name.encode() in self._names(p)]

    def mentioning(self, needle: str, near: Path) -> list[Text]:
        """Files of the package that hold a piece of source."""
        return self._texts([p for p in go_siblings(near.parent) if needle.encode() in (self._data(p) or b"")])

    def _texts(self, paths: list[Path]) -> list[Text]:
        from goleak_lsp.placing.following import Text

        found = []
        for path in paths[:MAX_TEXTS]:
            real = self.tree.contains(path)
            file = self.tree.read(real) if real else None
            if file is not None:
                found.append(Text(file, real))
        return found

    def _data(self, path: Path) -> bytes | None:
        text = self.tree.open_text(path)
        return text if text is not None else read_source(path)

    def _names(self, path: Path) -> set[bytes]:
        known = self.tree.memory.setdefault("declared", {})
        state = self.tree.state(path)
        if path not in known or known[path][0] != state:
            found = _DECLARED.findall(self._data(path) or b"")
            known[path] = (state, {b"%s.%s" % pair for pair in found if pair[0]} | {name for _, name in found})
        return known[path][1]

    def _index(self) -> tuple[dict[bytes, list[Path]], bool]:
        """The files of the workspace by the functions that they declare, and whether time allowed all."""
        known = self.tree.memory.get("index")
        if known is None or time.monotonic() - known[0] > _KEEP_SECONDS:
            index: dict[bytes, list[Path]] = {}
            budget, complete = Budget(_SEARCH_SECONDS), True
            for path in (path for root in self.tree.roots for path in _go_files(root)):
                complete = budget.left > 0
                if not complete:
                    break
                for name in self._names(path):
                    index.setdefault(name, []).append(path)
            known = self.tree.memory["index"] = (time.monotonic(), index, complete)
        return known[1], known[2]


def _receiver_and_name(name: str) -> str:
    """``Type.Method`` or ``Func`` of a runtime name: ``(*Type[...]).Method``."""
    return re.sub(r"\(\*|\)|\[\.\.\.\]", "", name)


def folder_states(tree: SourceTree, folders: Iterable[Path]) -> dict[Path, tuple]:
    """What changes when a Go file of these folders does."""
    return {folder: tuple((path, tree.state(path)) for path in go_siblings(folder)) for folder in folders}


def go_siblings(folder: Path) -> list[Path]:
    """The Go files of one folder."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".go"))
    except OSError:
        return []
    return [folder / name for name in names[:MAX_SIBLINGS]]


def _go_files(root: Path) -> Iterator[Path]:
    """Go files below a folder, in breadth; links are not followed."""
    for entry in files_below(root):
        if entry.name.endswith(".go") and entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
