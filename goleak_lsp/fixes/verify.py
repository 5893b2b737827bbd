"""Builds and vets edited files as they would be, without writing them: ``go vet -overlay``.

Real trees fail to build or vet before any edit, so a verdict compares the edited package with
the package as it is, and speaks only of what an edit adds. See ``go_command`` for what go may do.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from goleak_lsp.fixes.go_command import Answer, Go, go_command
from goleak_lsp.frozen import Frozen
from goleak_lsp.placing.files import SourceTree

MAX_SECONDS = 60
"""How long a verification may take."""

MAX_REASONS = 20
MAX_KEPT = 2048
"""Verdicts, and answers about files as they are, that are kept."""

NO_GO = "there is no go command"


class Result(Enum):
    """What building and vetting showed."""

    GOOD = "good"
    """The edited files build, and vet says nothing that it did not say before."""
    BAD = "bad"
    """An edit keeps something from building, or vet has a new complaint."""
    UNKNOWN = "unknown"
    """It could not be told: no Go, no time, or a package that does not build as it is."""


class Verdict(Frozen):
    """A result and the reasons for it, a line each."""

    result: Result
    reasons: tuple[str, ...] = ()


def verify(
    root: Path,
    files: Mapping[Path, bytes],
    cancel: threading.Event | None = None,
    unsaved: Mapping[Path, bytes] | None = None,
    seconds: float = MAX_SECONDS,
) -> Verdict:
    """Whether the package of ``files`` is as good with these contents as without.

    ``root`` is a folder of the module that all edited files are of; ``unsaved`` are contents of
    open documents that differ from the disk, for "without"; ``seconds`` limits everything.
    Raises Cancelled once ``cancel`` is set; the running go command is ended then.
    """
    go = go_command(root)
    if go is None:
        return Verdict(Result.UNKNOWN, (NO_GO,))
    cancel = cancel or threading.Event()
    before, after = dict(unsaved or {}), dict(unsaved or {}) | dict(files)
    folders = sorted({path.parent for path in files})
    key = _key(root, folders, after)
    verdict = _VERDICTS.get(key)
    if verdict is None:
        verdict = _compare(Go(go, root, cancel, seconds), folders, before, after)
        _keep(_VERDICTS, key, verdict)
    return verdict


def module_of(path: Path, tree: SourceTree) -> Path:
    """The folder to build a file from: its module, else the root of the tree."""
    module = tree.owner(path.parent)
    return module.dir if module else tree.root


def forget_doubts() -> None:
    """Has what could not be told asked again: other packages than the edited ones may have changed."""
    for key in [key for key, verdict in list(_VERDICTS.items()) if verdict.result is Result.UNKNOWN]:
        _VERDICTS.pop(key, None)
    _ASKED.clear()


_VERDICTS: dict[str, Verdict] = {}
_ASKED: dict[tuple[str, str], Answer] = {}
_DIGESTS: dict[Path, tuple[tuple[int, int], bytes]] = {}


def _keep(store: dict, key, value) -> None:
    store[key] = value
    while len(store) > MAX_KEPT:
        store.pop(next(iter(store)))


def _compare(go: Go, folders: list[Path], before: dict[Path, bytes], after: dict[Path, bytes]) -> Verdict:
    vetted = go.vet(folders, after)
    if vetted == Answer(True):
        return Verdict(Result.GOOD)
    # What keeps a package from building keeps vet from looking at it; so they are asked apart.
    built = go.build(folders, after)
    if not (vetted.ran and built.ran):
        return Verdict(Result.UNKNOWN, (vetted.complaints if not vetted.ran else built.complaints)[:MAX_REASONS])
    if built.complaints:
        known = _asked(go, "build", folders, before)
        if known.ran and not known.complaints:
            return Verdict(Result.BAD, built.complaints[:MAX_REASONS])
        return Verdict(Result.UNKNOWN, _why_not_before(known.complaints[:MAX_REASONS]))
    said = _asked(go, "vet", folders, before)
    if not said.ran:
        return Verdict(Result.UNKNOWN, said.complaints)
    more = Counter(map(_what, vetted.complaints)) - Counter(map(_what, said.complaints))
    new = [line for line in vetted.complaints if _what(line) in more]
    return Verdict(Result.BAD, tuple(new[:MAX_REASONS])) if new else Verdict(Result.GOOD)


def _why_not_before(complaints: tuple[str, ...]) -> tuple[str, ...]:
    """Why nothing can be told of an edit: go itself refuses, as for want of a newer one, or the package is broken."""
    own = [line[4:] for line in complaints if line.startswith("go: ") and not line.startswith("go: warning: ")]
    return tuple(own) or ("the package does not build as it is", *complaints)


def _asked(go: Go, what: str, folders: list[Path], before: dict[Path, bytes]) -> Answer:
    """What go says about the files as they are, asked once."""
    key = (what, _key(go.root, folders, before))
    answer = _ASKED.get(key)
    if answer is None:
        answer = getattr(go, what)(folders, before)
        _keep(_ASKED, key, answer)
    return answer


def _what(line: str) -> str:
    """A complaint without its place and the other places that it names, which an edit moves."""
    message = re.sub(r"^(vet: )?.+?\.go:\d+(:\d+)?: ", "", line)
    return re.sub(r"\bline \d+|(?<=\.go):\d+(:\d+)?", "", message)


def _key(root: Path, folders: list[Path], contents: Mapping[Path, bytes]) -> str:
    """A name for what a verdict depends on: the text of the edited folders' files, of other open ones, and go.mod."""
    files = {path: hashlib.sha256(data).digest() for path, data in contents.items()}
    for folder in folders:
        for path in [*folder.glob("*.go"), *_module_files(folder)]:
            if path not in files and (digest := _digest_on_disk(path)):
                files[path] = digest
    digest = hashlib.sha256(str(root).encode())
    for path, each in sorted(files.items()):
        digest.update(f"\0{path}\0".encode() + each)
    return digest.hexdigest()


def _digest_on_disk(path: Path) -> bytes | None:
    """The digest of a file's text, which is read again only when the file was written."""
    try:
        state = path.stat()
        known, stamp = _DIGESTS.get(path), (state.st_mtime_ns, state.st_size)
        if known is None or known[0] != stamp:
            known = stamp, hashlib.sha256(path.read_bytes()).digest()
            _keep(_DIGESTS, path, known)
        return known[1]
    except OSError:
        return None


def _module_files(folder: Path) -> list[Path]:
    for parent in (folder, *folder.parents):
        if (parent / "go.mod").is_file():
            return [parent / "go.mod", parent / "go.sum"]
    return []
