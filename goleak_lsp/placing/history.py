"""Which commit a profile was built from, told by all of its samples together.

The log is walked once. Every text that a file ever had is held against what the profile
saw of the file, and a commit is as likely as the number of lines on which it agrees. One
file alone decides wrongly; all of them together hardly ever do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath

from goleak_lsp.frozen import Frozen
from goleak_lsp.placing.objects import Budget, Repository

MAX_LOG = 64 << 20
MAX_TEXTS = 300
"""Texts of one file that are looked at, the newest first."""

MAX_STATES = 50
"""Different states of the files that explain a profile equally well and are all considered."""

_NONE = re.compile(r"^0+$")
_LOG = [
    "log", "--stdin", "--raw", "--no-abbrev", "--no-renames", "--diff-merges=first-parent", "-z",
    "--format=%x01%H %P",
]  # fmt: skip


class Commit(Frozen):
    """One commit: its first parent, and the blobs that the files of interest became by it."""

    id: str
    parent: str
    changes: dict[str, tuple[str, str]]


class Origin(Frozen):
    """What a profile may have been built from: commits that explain it equally well, newest first.

    ``texts`` are the blobs that a path has in any of them; ``score`` is the number of lines that agree.
    """

    commits: tuple[str, ...]
    texts: dict[str, tuple[str, ...]]
    score: int


class Log:
    """The history of a repository, as far back as the budget allowed."""

    def __init__(self, repository: Repository, budget: Budget) -> None:
        self.repository = repository
        self.references = repository.references()
        self.head = repository.head()
        starts = list(dict.fromkeys(oid for oid in (self.head, *self.references.values()) if oid))
        # A reference to what is missing would end the walk before it began.
        known = repository.run(["cat-file", "--batch-check=%(objectname) %(objecttype)"], starts, budget)
        commits = [row.split(" ")[0] for row in known.decode().split("\n") if row.endswith(" commit")]
        self._raw = repository.run(_LOG, commits, budget)[:MAX_LOG] if commits else b""
        self.complete = budget.left > 0 and len(self._raw) < MAX_LOG

    def commits(self, wanted: Callable[[str], bool]) -> list[Commit]:
        """All commits, newest first, with their changes to the paths that are ``wanted``."""
        found, known = [], {}
        blocks = self._raw.decode("utf-8", "surrogateescape").split("\x01")[1:]
        # Where the log was cut off, its last commit is there in part.
        for block in blocks if self.complete else blocks[:-1]:
            head, *rows = block.split("\0")
            ids = head.split()
            changes = {}
            for at in range(0, len(rows) - 1, 2):
                path = rows[at + 1]
                if path not in known:
                    known[path] = wanted(path)
                if known[path]:
                    _, _, old, new, _ = rows[at].lstrip("\n").split(" ")
                    changes[path] = (old, new)
            found.append(Commit(ids[0], ids[1] if len(ids) > 1 else "", changes))
        return found

    def name(self, commit: str) -> str:
        """A tag of the commit if it has one, else its short id."""
        tags = [name for name, oid in self.references.items() if oid == commit and name.startswith("refs/tags/")]
        return min(tags)[len("refs/tags/") :] if tags else commit[:10]

    def tagged(self, version: str) -> list[str]:
        """Commits that a module's version may mean: by tag, or by the id in a pseudo-version."""
        plain = version.removesuffix("+incompatible")
        found = [oid for name, oid in self.references.items() if ("/" + name).endswith("/" + plain)]
        pseudo = re.search(r"-(?:0\.)?\d{14}-([0-9a-f]{12})$", plain)
        if pseudo:
            match = re.search(rf"\x01({pseudo[1]}[0-9a-f]*) ".encode(), self._raw)
            found += [match[1].decode()] if match else []
        return found


def blobs_of(commits: list[Commit]) -> dict[str, list[str]]:
    """Every text of every path, newest first."""
    found: dict[str, dict[str, None]] = {}
    for commit in commits:
        for path, (old, new) in commit.changes.items():
            texts = found.setdefault(path, {})
            texts.update(dict.fromkeys(oid for oid in (new, old) if not _NONE.match(oid)))
    return {path: list(texts)[:MAX_TEXTS] for path, texts in found.items()}


def origin(commits: list[Commit], agreement: Mapping[tuple[str, str], int], only: Iterable[str] = ()) -> Origin | None:
    """The commits on which most lines agree; ``agreement`` is by path and blob.

    ``only`` names commits that are known to be the ones, if any of them is in the log.
    """
    states = _states(commits, agreement)
    named = set(only) & states.keys()
    scores = {oid: score for oid, (score, _) in states.items() if not named or oid in named}
    best = max(scores.values(), default=0)
    if best == 0:
        return None
    chosen = [c.id for c in commits if scores.get(c.id) == best]
    texts: dict[str, dict[str, None]] = {}
    # Commits that change nothing of interest share the state of their parent.
    for state in list({id(states[oid][1]): states[oid][1] for oid in chosen}.values())[:MAX_STATES]:
        for path, blob in state.items():
            if not _NONE.match(blob):
                texts.setdefault(path, {}).setdefault(blob)
    return Origin(tuple(chosen), {path: tuple(blobs) for path, blobs in texts.items()}, best)


def _states(commits: list[Commit], agreement: Mapping[tuple[str, str], int]) -> dict[str, tuple[int, dict[str, str]]]:
    """By commit, how many lines agree and which blob every path has."""
    commits = _parents_first(commits)
    first: dict[str, str] = {}
    for commit in commits:
        for path, (old, _) in commit.changes.items():
            first.setdefault(path, old)
    start = (sum(agreement.get(item, 0) for item in first.items()), first)
    states: dict[str, tuple[int, dict[str, str]]] = {}
    for commit in commits:
        score, state = states.get(commit.parent, start)
        for path, (old, new) in commit.changes.items():
            score += agreement.get((path, new), 0) - agreement.get((path, old), 0)
        if commit.changes:
            state = state | {path: new for path, (_, new) in commit.changes.items()}
        states[commit.id] = (score, state)
    return states


def _parents_first(commits: list[Commit]) -> list[Commit]:
    """Commits in an order in which a first parent precedes its children, whatever their dates say."""
    known = {commit.id: commit for commit in commits}
    done: dict[str, Commit] = {}
    for commit in reversed(commits):
        chain: list[Commit] = []
        at: Commit | None = commit
        while at is not None and at.id not in done:
            chain.append(at)
            at = known.get(at.parent)
        done.update((link.id, link) for link in reversed(chain))
    return list(done.values())


def likely_paths(wanted: str, known: Iterable[str]) -> list[str]:
    """The known paths of the same file name that agree with ``wanted`` on the longest tail."""
    parts = PurePosixPath(wanted).parts[::-1]
    best, found = 1, []
    for path in known:
        length = 0
        for mine, other in zip(parts, PurePosixPath(path).parts[::-1], strict=False):
            if mine != other:
                break
            length += 1
        if length > best:
            best, found = length, [path]
        elif length == best:
            found.append(path)
    return found
