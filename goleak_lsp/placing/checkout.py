"""What the files of a profile are in git or in the module cache: whether those of today are as they were."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.modules import escape
from goleak_lsp.placing.files import SourceTree, read_source
from goleak_lsp.placing.objects import Budget, Repository, Stamp, blob_id, repository_of, stamp
from goleak_lsp.placing.sightings import Sighting

ONE_FILE = 0.5
"""Seconds that a question about single files may take."""


class Seen(Frozen):
    """What a profile saw of one file: its name there, where it is or would be today, and the lines."""

    name: str
    path: Path | None
    wanted: list[Path]
    version: tuple[str, str, str] | None
    sightings: set[Sighting]


class Release(Frozen):
    """The version of a module that a profile names: its folder in the module cache, and the module's own of today.

    ``rest`` leads from there to the file.
    """

    version: str
    root: Path
    folder: Path
    rest: str

    def text(self, rest: str) -> bytes | None:
        """A file as the module cache has it."""
        path = Path(os.path.realpath(self.root / rest))
        return read_source(path) if path.is_relative_to(os.path.realpath(self.root)) else None


class Checkout:
    """The files that one profile saw, as they were checked out or released; ``hints`` name what was built."""

    def __init__(self, tree: SourceTree, files: Iterable[Seen], hints: Iterable[str] = ()) -> None:
        self.tree, self.files, self.hints = tree, list(files), list(hints)

    @cached_property
    def state(self) -> object:
        """What changes when the history that is looked at does; asked of the disk once."""
        repositories = [repository_at(self.tree, root) for root in self.tree.roots]
        return (*(repository and repository.state for repository in repositories), *self.hints)

    def is_current(self, seen: Seen) -> bool:
        """Whether the file of today is what the module cache has, or git's index.

        Then a file on which every line agrees needs no history. One that was changed does:
        an operation may have been put in the very place of another.
        """
        file = self.tree.read(seen.path) if seen.path else None
        if file is None:
            return True
        if (release := release_of(seen)) and (text := release.text(release.rest)) is not None:
            return text == file.data
        if repository_at(self.tree, seen.path.parent) is None:
            return True
        oid, unchanged = self.checked_out().get(seen.path, ("", ()))
        if unchanged and self.tree.open_text(seen.path) is None and stamp(seen.path) == unchanged:
            return True
        return bool(oid) and oid == blob_id(file.data, len(oid))

    def checked_out(self) -> dict[Path, tuple[str, Stamp]]:
        """The blobs and stamps of the profile's files as they were checked out or staged, by path."""
        paths = sorted({seen.path for seen in self.files if seen.path})
        known = self.tree.memory.setdefault("checked out", {})
        for repository in {id(r): r for p in paths if (r := repository_at(self.tree, p.parent))}.values():
            mine = [path for path in paths if path.is_relative_to(repository.root)]
            state = repository.state
            if repository.root not in known or known[repository.root][0] != (state, mine):
                found = repository.blobs_checked_in(mine, Budget(ONE_FILE))
                known[repository.root] = ((state, mine), found)
        return {path: entry for _, found in known.values() for path, entry in found.items()}


def release_of(seen: Seen) -> Release | None:
    """The release that a file is of, where the profile's path names one and the file is where it should be."""
    if seen.version is None:
        return None
    module, version, rest = seen.version
    here = seen.path or next(iter(seen.wanted), None)
    if here is None or not here.as_posix().endswith(rest):
        return None
    root = _module_cache() / f"{escape(module)}@{escape(version)}"
    return Release(version, root, Path(here.as_posix()[: -len(rest)]), rest)


def repository_at(tree: SourceTree, folder: Path) -> Repository | None:
    """The repository that a folder lies in, looked for once."""
    key = ("repository", folder)
    if key not in tree.memory:
        tree.memory[key] = repository_of(folder)
    return tree.memory[key]


def _module_cache() -> Path:
    if folder := os.environ.get("GOMODCACHE"):
        return Path(folder)
    path = os.environ.get("GOPATH", "").split(os.pathsep)[0]
    return Path(path or Path.home() / "go", "pkg", "mod")
