"""The Go files below one root, read as they are asked for."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

from goleak_lsp.golang.modules import Module, module_at, near_modules, nested_modules
from goleak_lsp.golang.syntax import GoFile

MAX_SOURCE = 4 << 20
"""Bytes of a Go file that is still read; larger ones are generated tables."""


class SourceTree:
    """The Go files of a workspace; ``open_text`` gives the unsaved text of open ones.

    ``root`` is the folder that paths are shown from, ``more_roots`` are those that an editor has
    open beside it. Nothing is read or listed before a profile's path asks for it.
    """

    def __init__(
        self,
        root: Path,
        path_map: Iterable[tuple[str, str]] = (),
        open_text: Callable[[Path], bytes | None] = lambda path: None,
        more_roots: Iterable[Path] = (),
    ) -> None:
        self.root = Path(os.path.realpath(root))
        self.roots = tuple(dict.fromkeys([self.root, *(Path(os.path.realpath(r)) for r in more_roots)]))
        self.path_map = tuple(path_map)
        self.open_text = open_text
        self.memory: dict[object, object] = {}
        self.notes: dict[Path, str] = {}
        """What there was no time to look at, by the folder that it is about."""
        self._files: dict[Path, tuple[object, GoFile | None]] = {}
        self._owners: dict[Path, Module | None] = {}

    @cached_property
    def near(self) -> tuple[Module, ...]:
        """The modules that are known without a search, longest path first."""
        return _longest_first(dict.fromkeys(module for root in self.roots for module in near_modules(root)))

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """All modules of the workspace, longest path first. Searches the tree when first asked."""
        nested = (module for root in self.roots for module in nested_modules(root))
        return _longest_first(dict.fromkeys([*self.near, *nested]))

    def owner(self, folder: Path) -> Module | None:
        """The module that a folder belongs to, which may begin above the root."""
        if folder not in self._owners:
            above = folder.parent
            self._owners[folder] = module_at(folder) or (self.owner(above) if above != folder else None)
        return self._owners[folder]

    def import_path(self, path: Path) -> str | None:
        """The import path of the package that a file belongs to; None outside of modules."""
        module = self.owner(path.parent)
        if module is None:
            return None
        inner = path.parent.relative_to(module.dir).as_posix()
        return module.path if inner == "." else f"{module.path}/{inner}"

    def contains(self, path: Path) -> Path | None:
        """The real path of a regular ``.go`` file inside a root that is the user's, else None."""
        try:
            # Most guesses name nothing: asking that first spares resolving their links.
            if path.suffix != ".go" or not stat.S_ISREG(os.stat(path).st_mode):
                return None
        except (OSError, ValueError):
            return None
        real = Path(os.path.realpath(path))
        root = self.root_of(real)
        if real.suffix != ".go" or root is None:
            return None
        return None if "vendor" in real.relative_to(root).parts[:-1] else real

    def root_of(self, path: Path) -> Path | None:
        """The innermost root that a path lies in."""
        return max((r for r in self.roots if path.is_relative_to(r)), key=lambda r: len(r.parts), default=None)

    def state(self, path: Path) -> object:
        """What changes when the text of a file does; None when there is no such file."""
        text = self.open_text(path)
        if text is not None:
            return text
        try:
            state = os.stat(path)
        except OSError:
            return None
        return (state.st_mtime_ns, state.st_size, state.st_ino) if stat.S_ISREG(state.st_mode) else None

    def read(self, path: Path) -> GoFile | None:
        """The parsed file, from the editor's buffer if it is open; None where it cannot be read."""
        key = self.state(path)
        # Several threads read, and one of them may forget what is stale.
        known = self._files.get(path)
        if known is not None and known[0] == key:
            return known[1]
        text = key if isinstance(key, bytes) else read_source(path) if key is not None else None
        parsed = GoFile.parse(text) if text is not None and len(text) <= MAX_SOURCE else None
        self._files[path] = (key, parsed)
        return parsed

    def drop_stale(self) -> bool:
        """Forgets files that are others now than when they were read; whether there were any."""
        stale = [path for path, (key, _) in list(self._files.items()) if self.state(path) != key]
        for path in stale:
            self._files.pop(path, None)
        return bool(stale)

    def relative(self, path: Path) -> str:
        """``path`` as seen from the first root, with forward slashes on every system."""
        if path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        return Path(os.path.relpath(path, self.root)).as_posix()


def read_source(path: Path) -> bytes | None:
    """The bytes of a regular file that is not too large to be source, else None."""
    try:
        # Not to wait for a writer, should a pipe have taken the file's place.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return None
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_size > MAX_SOURCE:
            return None
        return file.read(MAX_SOURCE + 1)


def _longest_first(modules: Iterable[Module]) -> tuple[Module, ...]:
    return tuple(sorted(modules, key=lambda m: -len(m.path)))
