"""Git's objects, read without a checkout and without the repository's own word on anything.

A repository may bear configuration that runs programs. None of it is read: git is started
in an empty repository of ours, and told only where the objects are. References are read
here, as the small files that they are. What is missing stays missing; nothing is fetched.
"""

from __future__ import annotations

import atexit
import os
import re
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from struct import unpack_from

MAX_OBJECT = 4 << 20
MAX_TOGETHER = 8 << 20
"""Bytes of several blobs that are read without a look at their sizes first."""
MAX_REFERENCES = 2_000
_MAX_SMALL = 8 << 20
_MAX_INDEX = 64 << 20
_ENTRY = 62
"""Bytes of an entry of the index before its path, where names of objects have 20 bytes."""

_REGULAR = ((0o100644).to_bytes(4, "big"), (0o100755).to_bytes(4, "big"))
_SHA256 = re.compile(r"^\s*objectformat\s*=\s*sha256\s*$", re.MULTILINE | re.IGNORECASE)
_HEX = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")

Stamp = tuple[int, ...]
"""When a file's inode and its text were last changed, in nanoseconds, and its size; empty for none."""


class Budget:
    """Seconds that may be spent, counted from its making."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left, 0 when there are none."""
        return max(0.0, self.end - time.monotonic())


class Repository:
    """The objects and references of one repository; ``root`` is its work tree."""

    def __init__(self, root: Path, directory: Path, common: Path) -> None:
        self.root, self.directory, self.common = root, directory, common

    @property
    def state(self) -> object:
        """What changes when references do."""
        names = (self.directory / "HEAD", self.common / "packed-refs", self.directory / "logs" / "HEAD")
        return tuple(_stamp(path) for path in (*names, self.common / "refs" / "tags", self.common / "shallow"))

    def head(self) -> str | None:
        """The commit that is checked out."""
        text = _small(self.directory / "HEAD").strip()
        if text.startswith("ref: "):
            return self._resolve(text[5:].strip())
        return text if _HEX.match(text) else None

    def _resolve(self, name: str) -> str | None:
        if not re.fullmatch(r"refs/[^\0]+", name) or ".." in name:
            return None
        text = _small(self.common / name).strip()
        return text if _HEX.match(text) else self._packed.get(name, "") or None

    @property
    def _packed(self) -> dict[str, str]:
        return {name: oid for name, oid, _ in self._packed_lines()}

    def _packed_lines(self) -> Iterator[tuple[str, str, str]]:
        """Name, object and, for annotated tags, the commit that it names."""
        rows = [line for line in _small(self.common / "packed-refs").split("\n") if line and line[0] != "#"]
        for at, row in enumerate(rows):
            oid, _, name = row.partition(" ")
            if _HEX.match(oid) and name.startswith("refs/"):
                peeled = rows[at + 1][1:] if at + 1 < len(rows) and rows[at + 1].startswith("^") else oid
                yield name, oid, peeled

    def references(self) -> dict[str, str]:
        """Branches and tags by name (``refs/…``), as many as are worth a look."""
        found = {name: peeled for name, _, peeled in self._packed_lines()}
        for kind in ("heads", "tags", "remotes"):
            for path in _files_below(self.common / "refs" / kind):
                oid = _small(path).strip()
                if _HEX.match(oid):
                    found["refs/" + path.relative_to(self.common / "refs").as_posix()] = oid
        return dict(list(found.items())[-MAX_REFERENCES:])

    def run(self, arguments: list[str], lines: Iterable[str], budget: Budget, most: int = -1) -> bytes:
        """What a git command prints for ``lines`` on its standard input, cut off at ``most`` bytes or by time."""
        program = _program()
        if program is None or budget.left <= 0:
            return b""
        # Most profiles need no history, and starting programs takes 8 ms to import.
        import subprocess
        import tempfile

        with tempfile.TemporaryFile() as given:
            given.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
            given.seek(0)
            try:
                process = subprocess.Popen(
                    [program, *arguments], stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    env=self._environment(), cwd=_empty(self._format),
                )  # fmt: skip
            except OSError:
                return b""
            timer = threading.Timer(budget.left, process.kill)
            timer.start()
            try:
                return process.stdout.read(most)
            finally:
                timer.cancel()
                process.kill()
                process.stdout.close()
                process.wait()

    def blobs(self, ids: Iterable[str], budget: Budget) -> dict[str, bytes]:
        """The contents of blobs by id; those that are missing or too large are left out."""
        wanted = list(dict.fromkeys(ids))
        found = self.run(["cat-file", "--batch"], wanted, budget, MAX_TOGETHER)
        if len(found) < MAX_TOGETHER:
            return {oid: data for oid, data in objects_in(found) if len(data) <= MAX_OBJECT}
        # Something in it is large: what that is must be known before it is read.
        sizes = self.run(["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"], wanted, budget)
        rows = [row.split(b" ") for row in sizes.split(b"\n")]
        small = [r[0].decode() for r in rows if len(r) == 3 and r[1] == b"blob" and int(r[2]) <= MAX_OBJECT]
        return dict(objects_in(self.run(["cat-file", "--batch"], small, budget)))

    def blobs_checked_in(self, paths: list[Path], budget: Budget) -> dict[Path, tuple[str, Stamp]]:
        """The blobs that files of the work tree have in the index, else in the commit checked out.

        Each by its id, and with the ``stamp`` of the file as long as it holds that blob: empty where
        a change after it could have left the stamp as it is.
        """
        written = _written(self.directory / "index")
        index = _bytes(self.directory / "index", _MAX_INDEX)
        names = {path: path.relative_to(self.root).as_posix() for path in paths}
        entries = {path: entry for path, name in names.items() if (entry := _indexed(index, os.fsencode(name)))}
        found = {path: (oid, noted if max(noted[:2]) < written else ()) for path, (oid, noted) in entries.items()}
        missing = [path for path in paths if path not in found]
        return found | {path: (oid, ()) for path, oid in self._blobs_at_head(missing, budget).items()}

    def _blobs_at_head(self, paths: list[Path], budget: Budget) -> dict[Path, str]:
        head = self.head() if paths else None
        names = [path.relative_to(self.root).as_posix() for path in paths]
        if head is None or any("\n" in name for name in names):
            return {}
        asked = [f"{head}:{name}" for name in names]
        rows = self.run(["cat-file", "--batch-check=%(objectname) %(objecttype)"], asked, budget).split(b"\n")
        return {
            path: row.split(b" ")[0].decode() for path, row in zip(paths, rows, strict=False) if row.endswith(b" blob")
        }

    @property
    def _format(self) -> str:
        return "sha256" if _SHA256.search(_small(self.common / "config")) else "sha1"

    def _environment(self) -> dict[str, str]:
        kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
        return {name: os.environ[name] for name in kept if name in os.environ} | {
            "GIT_DIR": str(_empty(self._format)),
            "GIT_OBJECT_DIRECTORY": str(self.common / "objects"),
            "GIT_SHALLOW_FILE": str(self.common / "shallow"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_LITERAL_PATHSPECS": "1",
            "LC_ALL": "C",
        }


def repository_of(folder: Path) -> Repository | None:
    """The repository whose work tree ``folder`` lies in."""
    for root in (folder, *folder.parents):
        found = _opened(root)
        if found:
            return found
    return None


def _opened(root: Path) -> Repository | None:
    entry = root / ".git"
    try:
        kind = os.lstat(entry).st_mode
    except OSError:
        return None
    directory = entry
    if stat.S_ISREG(kind):
        # A linked work tree or a submodule: the file says where the directory is.
        text = _small(entry)
        if not text.startswith("gitdir: "):
            return None
        directory = Path(os.path.normpath(root / text[8:].strip()))
    common = _small(directory / "commondir").strip()
    shared = Path(os.path.normpath(directory / common)) if common else directory
    return Repository(root, directory, shared) if (shared / "objects").is_dir() else None


def _indexed(index: bytes, name: bytes) -> tuple[str, Stamp] | None:
    """The blob of a path in an index of version 2, and the stamp of its file; None where it is not there,
    or the index is another.

    Source: the published index format. To look for one path is a hundredth of reading all entries.
    """
    if index[:8] != b"DIRC\0\0\0\2":
        return None
    at = index.find(name + b"\0")
    while at >= 0:
        entry = at - _ENTRY
        mode, flags = index[entry + 24 : entry + 28], int.from_bytes(index[at - 2 : at], "big")
        # The last bits are the length of the name; those before, the stages of a conflict.
        whole = entry >= 12 and (entry - 12) % 8 == 0 and flags & 0x3FFF == min(len(name), 0xFFF)
        if whole and mode in _REGULAR:
            changed, changed_ns, modified, modified_ns = unpack_from(">4I", index, entry)
            [size] = unpack_from(">I", index, entry + 36)
            stamp = (changed * 10**9 + changed_ns, modified * 10**9 + modified_ns, size)
            return index[at - 22 : at - 2].hex(), stamp
        at = index.find(name + b"\0", at + 1)
    return None


def stamp(path: Path) -> Stamp:
    """By what git tells that a file is not another than when it was checked out: no change leaves it all as it was."""
    try:
        state = os.stat(path)
    except OSError:
        return ()
    return state.st_ctime_ns, state.st_mtime_ns, state.st_size


def _written(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def blob_id(data: bytes, digits: int) -> str:
    """The name that git gives a blob, of as many digits as its repository uses."""
    # Only files that were touched need it, and it takes 3 ms to import.
    import hashlib

    kind = hashlib.sha1 if digits == 40 else hashlib.sha256
    return kind(b"blob %d\0" % len(data) + data).hexdigest()


def objects_in(output: bytes) -> Iterator[tuple[str, bytes]]:
    """The ids and contents of the blobs in what ``cat-file --batch`` printed; what was cut off is left out."""
    at = 0
    while (end := output.find(b"\n", at)) >= 0:
        header = output[at:end].split(b" ")
        if len(header) != 3 or not header[2].isdigit():
            at = end + 1
            continue
        size = int(header[2])
        if end + 1 + size > len(output):
            return
        if header[1] == b"blob":
            yield header[0].decode(), output[end + 1 : end + 1 + size]
        at = end + 2 + size


def _small(path: Path) -> str:
    """The text of a small regular file, empty when there is none."""
    return _bytes(path, _MAX_SMALL).decode("utf-8", "replace")


def _bytes(path: Path, most: int) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError):
        return b""
    with os.fdopen(handle, "rb") as file:
        return file.read(most) if stat.S_ISREG(os.fstat(handle).st_mode) else b""


def _files_below(folder: Path) -> list[Path]:
    found: list[Path] = []
    for base, folders, names in os.walk(folder):
        folders.sort()
        found += [Path(base, name) for name in sorted(names)]
        if len(found) >= MAX_REFERENCES:
            break
    return found


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


@cache
def _program() -> str | None:
    """Git, as the absolute entries of PATH have it: a workspace must not bring its own."""
    import shutil

    folders = [folder for folder in os.get_exec_path() if os.path.isabs(folder)]
    # On Windows the working folder would be searched first.
    return next((p for f in folders if (p := shutil.which(os.path.join(f, "git")))), None)


@cache
def _empty(object_format: str) -> Path:
    """A repository of ours without anything in it, for the time that we run."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="goleak-lsp-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("refs", "objects"):
        (folder / name).mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    extension = "[extensions]\n\tobjectformat = sha256\n" if object_format == "sha256" else ""
    version = 1 if extension else 0
    (folder / "config").write_text(f"[core]\n\trepositoryformatversion = {version}\n\tbare = true\n{extension}")
    return folder
