"""The old texts of the files of one profile: from the module cache, or from git's objects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.checkout import ONE_FILE, Checkout, Seen, release_of, repository_at
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.following import Text
from goleak_lsp.placing.history import Commit, Log, Origin, blobs_of, likely_paths, origin
from goleak_lsp.placing.objects import Budget, Repository, Stamp, objects_in
from goleak_lsp.placing.sightings import Lines

BUDGET = 2.5
"""Seconds that may go into reading history for one profile."""

_LOG = 0.7
"""Share of it for the log; the rest is for the texts."""

_MAX_OLD = 12


class Old(Frozen):
    """An old text of a file, and the version or commit that has it."""

    name: str
    text: Text
    before: Callable[[Path], Text | None]
    """The text that another file of today had in that version or commit."""
    certain: bool = False
    """Whether the profile names the version, so that evidence need not choose."""


class Origins:
    """Old texts for the files of one profile. Nothing is read before the first is asked for."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout, self.tree = checkout, checkout.tree
        self.budget = Budget(BUDGET)
        self._found: dict[str, tuple[_Matched, str]] | None = None

    def of(self, seen: Seen) -> list[Old]:
        """The texts that the profile's build may have had of a file, likeliest first."""
        if cached := self._released(seen):
            return [cached]
        if self._found is None:
            self.budget = Budget(BUDGET)
            self._found = self._matched()
        if seen.name not in self._found:
            return []
        matched, path = self._found[seen.name]
        return matched.texts(path, self.budget)

    def is_cut(self, seen: Seen) -> bool:
        """Whether there is a history of the file that there was no time to read to its end."""
        path = seen.path or next(iter(seen.wanted), None)
        repository = repository_at(self.tree, path.parent) if path else None
        return repository is not None and repository.root in self.tree.notes

    def _released(self, seen: Seen) -> Old | None:
        """The text in the module cache, where the profile's path names a version of a module that is here."""
        release = release_of(seen)
        if release is None:
            return None

        def cached(rest: str, today: Path) -> Text | None:
            data = release.text(rest)
            return Text(_parsed(self.tree, data), today) if data is not None else None

        def before(path: Path) -> Text | None:
            return cached(_inside(path, release.folder), path)

        text = cached(release.rest, release.folder / release.rest)
        return Old(release.version, text, before, True) if text else None

    def _matched(self) -> dict[str, tuple[_Matched, str]]:
        groups: dict[Path, tuple[Repository, list[Seen]]] = {}
        for seen in self.checkout.files:
            for path in [seen.path] if seen.path else seen.wanted[:1]:
                repository = repository_at(self.tree, path.parent)
                if repository is not None:
                    groups.setdefault(repository.root, (repository, []))[1].append(seen)
        found = {}
        for repository, files in groups.values():
            matched = _Matched(self.tree, repository, files, self.checkout, self.budget)
            self.tree.notes.pop(repository.root, None)
            if not matched.log.complete or not self.budget.left:
                self.tree.notes[repository.root] = (
                    f"the history of {repository.root.name} was not read to its end within {BUDGET} seconds: "
                    "more places may be open than need be"
                )
            found |= {name: (matched, path) for name, path in matched.paths.items()}
        return found


class _Matched:
    """One repository held against a profile."""

    def __init__(
        self, tree: SourceTree, repository: Repository, files: list[Seen], checkout: Checkout, budget: Budget
    ) -> None:
        self.tree, self.repository = tree, repository
        self._others: dict[str, Text | None] = {}
        self.log = _log(tree, repository, budget)
        names = {seen.name.replace("\\", "/").rpartition("/")[2] for seen in files}
        commits = self.log.commits(lambda path: path.rpartition("/")[2] in names)
        if not self.log.complete:
            commits += self._beyond(commits, files, checkout.checked_out())
        blobs = blobs_of(commits)
        self.paths = {seen.name: path for seen in files if (path := self._path(seen, blobs))}
        mine = set(self.paths.values())
        commits = [c._replace(changes={p: change for p, change in c.changes.items() if p in mine}) for c in commits]
        agreement = self._agreement(files, blobs, budget)
        versions = {seen.version[1] for seen in files if seen.version}
        only = [oid for version in versions for oid in self.log.tagged(version)]
        hints = checkout.hints
        only += [c.id for c in commits for hint in hints if c.id.startswith(hint)]
        only += [oid for hint in hints for oid in self.log.tagged(hint)]
        self.origin: Origin | None = origin(commits, agreement, only)
        self.certain = self.origin is not None and self.origin.commits[0] in only

    def _beyond(
        self, commits: list[Commit], files: list[Seen], checked_out: dict[Path, tuple[str, Stamp]]
    ) -> list[Commit]:
        """What a log that was cut off began with: files that nothing in it changes are as they are checked out."""
        oldest = commits[-1].parent if commits else self.log.head
        known = {path for commit in commits for path in commit.changes}
        root = self.repository.root
        names = {seen.path: seen.path.relative_to(root).as_posix() for seen in files if seen.path in checked_out}
        same = {name: (checked_out[path][0],) * 2 for path, name in names.items() if name not in known}
        return [Commit(oldest, "", same)] if oldest and same else []

    def _path(self, seen: Seen, blobs: dict[str, list[str]]) -> str | None:
        """The path that history knows the file by."""
        root = self.repository.root
        wanted = [seen.path] if seen.path else seen.wanted
        inside = [path.relative_to(root).as_posix() for path in wanted if path.is_relative_to(root)]
        known = next((path for path in inside if path in blobs), None)
        if known or seen.path:
            return known
        found = likely_paths(inside[0], blobs) if inside else []
        return found[0] if len(found) == 1 else None

    def _agreement(self, files: list[Seen], blobs: dict[str, list[str]], budget: Budget) -> dict[tuple[str, str], int]:
        asked = [oid for path in dict.fromkeys(self.paths.values()) for oid in blobs[path]]
        self.contents = self.repository.blobs(asked, budget)
        counts: dict[tuple[str, str], int] = {}
        for seen in files:
            path = self.paths.get(seen.name)
            for oid in blobs.get(path, ()) if path else ():
                if oid in self.contents:
                    lines = Lines(self.contents[oid])
                    agreeing = sum(lines.agrees(s) for s in seen.sightings)
                    counts[path, oid] = counts.get((path, oid), 0) + agreeing
        return counts

    def texts(self, path: str, budget: Budget) -> list[Old]:
        """The texts that a path has in the commits that explain the profile best."""
        if self.origin is None:
            return []
        name = self.log.name(self.origin.commits[0])
        found = []
        for oid in self.origin.texts.get(path, ())[:_MAX_OLD]:
            if oid in self.contents:
                text = Text(_parsed(self.tree, self.contents[oid]), self.repository.root / path)
                found.append(Old(name, text, self._before, self.certain))
        return found

    def _before(self, path: Path) -> Text | None:
        """The text that a file of today had in the likeliest commit."""
        name = f"{self.origin.commits[0]}:{_inside(path, self.repository.root)}"
        if name not in self._others:
            found = self.repository.run(["cat-file", "--batch"], [name], Budget(ONE_FILE))
            data = next((content for _, content in objects_in(found)), None)
            self._others[name] = Text(_parsed(self.tree, data), path) if data is not None else None
        return self._others[name]


def _inside(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


class _Ahead:
    """A log that is read in a thread of its own. Nothing waits for that thread but who wants the log."""

    def __init__(self, repository: Repository, budget: Budget) -> None:
        self.state = repository.state
        self._log: Log | None = None
        self._thread = Thread(target=self._read, args=(repository, budget), daemon=True)
        self._thread.start()

    def _read(self, repository: Repository, budget: Budget) -> None:
        self._log = Log(repository, budget)

    def log(self) -> Log | None:
        """The log; None if it could not be read."""
        self._thread.join()
        return self._log


def read_ahead(tree: SourceTree) -> None:
    """Begins to read the history of the root, for a program that will be busy with something else for a while."""
    repository = repository_at(tree, tree.root)
    if repository is not None and ("ahead", repository.root) not in tree.memory:
        tree.memory["ahead", repository.root] = _Ahead(repository, Budget(_LOG * BUDGET))


def _log(tree: SourceTree, repository: Repository, budget: Budget) -> Log:
    key = ("log", repository.root)
    known = tree.memory.get(key)
    state = repository.state
    if known is None or known[0] != state:
        ahead = tree.memory.pop(("ahead", repository.root), None)
        log = ahead.log() if ahead and ahead.state == state else None
        known = tree.memory[key] = (state, log or Log(repository, Budget(_LOG * budget.left)))
    return known[1]


def _parsed(tree: SourceTree, data: bytes) -> GoFile:
    """Old texts are parsed once, however often a profile is placed."""
    known = tree.memory.setdefault("parsed", {})
    if data not in known:
        if len(known) > 400:
            known.clear()
        known[data] = GoFile.parse(data)
    return known[data]
