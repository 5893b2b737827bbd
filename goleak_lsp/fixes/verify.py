"""Builds and vets edited files as they would be, without writing them: ``go vet -overlay``.

Real trees fail to build or vet before any edit, so a verdict compares the edited package with
the package as it is, and speaks only of what an edit adds. Go never reaches out: no download,
no other toolchain, no change of go.mod or go.sum.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import NamedTuple

MAX_SECONDS = 60
"""How long a verification may take."""

MAX_MESSAGES = 20
MAX_KEPT = 256
"""Verdicts, and answers about files as they are, that are kept."""

_POLL = 0.05


class Result(Enum):
    """What building and vetting showed."""

    GOOD = "good"
    """The edited files build, and vet says nothing that it did not say before."""
    BAD = "bad"
    """An edit keeps something from building, or vet has a new complaint."""
    UNKNOWN = "unknown"
    """It could not be told: no Go, no time, or a package that does not build as it is."""


class Verdict(NamedTuple):
    """A result and the reasons for it, a line each."""

    result: Result
    reasons: tuple[str, ...] = ()


class Cancelled(Exception):
    """The verification was given up; there is no verdict."""


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
    go = shutil.which("go")
    if go is None:
        return Verdict(Result.UNKNOWN, ("there is no go command to build with",))
    cancel = cancel or threading.Event()
    before, after = dict(unsaved or {}), dict(unsaved or {}) | dict(files)
    folders = sorted({path.parent for path in files})
    key = _key(root, folders, after)
    if key not in _VERDICTS:
        _keep(_VERDICTS, key, _compare(_Go(go, root, cancel, seconds), folders, before, after))
    return _VERDICTS[key]


_VERDICTS: dict[str, Verdict] = {}
_ASKED: dict[tuple[str, str], Answer] = {}


def _keep(store: dict, key, value) -> None:
    store[key] = value
    while len(store) > MAX_KEPT:
        store.pop(next(iter(store)))


class Answer(NamedTuple):
    """What a go command said; ``ran`` is false where it could not be run to its end."""

    ran: bool
    complaints: tuple[str, ...] = ()


def _compare(go: _Go, folders: list[Path], before: dict[Path, bytes], after: dict[Path, bytes]) -> Verdict:
    vetted = go.vet(folders, after)
    if vetted == Answer(True):
        return Verdict(Result.GOOD)
    # What keeps a package from building keeps vet from looking at it; so they are asked apart.
    built = go.build(folders, after)
    if not (vetted.ran and built.ran):
        return Verdict(Result.UNKNOWN, vetted.complaints or built.complaints)
    if built.complaints:
        known = _asked(go, "build", folders, before)
        if known.ran and not known.complaints:
            return Verdict(Result.BAD, built.complaints)
        return Verdict(Result.UNKNOWN, ("the package does not build as it is", *known.complaints))
    said = set(map(_what, _asked(go, "vet", folders, before).complaints))
    new = tuple(line for line in vetted.complaints if _what(line) not in said)
    return Verdict(Result.BAD, new) if new else Verdict(Result.GOOD)


def _asked(go: _Go, what: str, folders: list[Path], before: dict[Path, bytes]) -> Answer:
    """What go says about the files as they are, asked once."""
    key = (what, _key(go.root, folders, before))
    if key not in _ASKED:
        _keep(_ASKED, key, getattr(go, what)(folders, before))
    return _ASKED[key]


def _what(line: str) -> str:
    """A complaint without its place, which an edit moves."""
    return re.sub(r"^(vet: )?\S+?:\d+(:\d+)?: ", "", line)


def _key(root: Path, folders: list[Path], contents: Mapping[Path, bytes]) -> str:
    """A name for everything that a verdict depends on: contents of the edited folders, go.mod and go.sum."""
    digest = hashlib.sha256(str(root).encode())
    for path, data in sorted(contents.items()):
        digest.update(f"\0{path}\0{len(data)}\0".encode() + data)
    for folder in folders:
        for path in [*sorted(folder.glob("*.go")), *_module_files(folder)]:
            with contextlib.suppress(OSError):
                state = path.stat()
                digest.update(f"\0{path}\0{state.st_mtime_ns}\0{state.st_size}".encode())
    return digest.hexdigest()


def _module_files(folder: Path) -> list[Path]:
    for parent in (folder, *folder.parents):
        if (parent / "go.mod").is_file():
            return [parent / "go.mod", parent / "go.sum"]
    return []


class _Go:
    """Runs one go command at a time for one root, at low priority."""

    _one_at_a_time = threading.Lock()

    def __init__(self, program: str, root: Path, cancel: threading.Event, seconds: float) -> None:
        self.program, self.root, self.cancel = program, root, cancel
        self.seconds, self.deadline = seconds, time.monotonic() + seconds

    def vet(self, folders: list[Path], contents: Mapping[Path, bytes]) -> Answer:
        """What vet says about the packages in ``folders``, their tests included, with these contents."""
        return self._ask(["vet"], folders, contents)

    def build(self, folders: list[Path], contents: Mapping[Path, bytes]) -> Answer:
        """What the compiler says; nothing is linked."""
        return self._ask(["list", "-export", "-f", ""], folders, contents)

    def _ask(self, command: list[str], folders: list[Path], contents: Mapping[Path, bytes]) -> Answer:
        with tempfile.TemporaryDirectory(prefix="goleak-verify-") as name:
            replaced = {}
            for number, (path, data) in enumerate(sorted(contents.items())):
                copy = Path(name, f"{number}.go")
                copy.write_bytes(data)
                replaced[str(path)] = str(copy)
            overlay = Path(name, "overlay.json")
            overlay.write_text(json.dumps({"Replace": replaced}), "utf-8")
            flags = ["-overlay", str(overlay), *([] if _is_vendored(folders[0]) else ["-mod=readonly"])]
            return self._run([*command, *flags, *(_package(self.root, folder) for folder in folders)])

    def _run(self, arguments: list[str]) -> Answer:
        with self._one_at_a_time:
            if self.cancel.is_set():
                raise Cancelled
            try:
                process = _start([self.program, *arguments], self.root)
            except OSError as error:
                return Answer(False, (f"go cannot be run: {error.strerror}",))
            try:
                output = self._wait(process)
            finally:
                _end(process)
        if output is None:
            return Answer(False, (f"go needs more than {self.seconds:.0f} s",))
        if process.returncode == 0:
            return Answer(True)
        # Headers name a package; indented lines go on with the one before.
        lines = [line.rstrip() for line in output.decode("utf-8", "replace").splitlines()]
        told = tuple(line for line in lines if line and line[0] not in "#\t ")[:MAX_MESSAGES]
        return Answer(True, told or ("go failed and said nothing",))

    def _wait(self, process: subprocess.Popen) -> bytes | None:
        """The whole output; None when the time is over. Raises Cancelled."""
        found: list[bytes] = []
        reader = threading.Thread(target=lambda: found.append(process.stdout.read()), daemon=True)
        reader.start()
        while reader.is_alive():
            if self.cancel.is_set():
                raise Cancelled
            if time.monotonic() > self.deadline:
                return None
            reader.join(_POLL)
        process.wait()
        return found[0]


def _is_vendored(folder: Path) -> bool:
    return any((parent / "vendor" / "modules.txt").is_file() for parent in (folder, *folder.parents))


def _package(root: Path, folder: Path) -> str:
    relative = os.path.relpath(folder, root).replace(os.sep, "/")
    return relative if relative.startswith(".") else f"./{relative}"


def _start(command: list[str], root: Path) -> subprocess.Popen:
    environment = os.environ | {"GOPROXY": "off", "GOTOOLCHAIN": "local", "GIT_TERMINAL_PROMPT": "0"}
    options: dict = {"start_new_session": True}
    if os.name == "nt":
        options = {"creationflags": subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NEW_PROCESS_GROUP}
    elif shutil.which("nice"):
        command = ["nice", "-n", "15", *command]
    return subprocess.Popen(
        command, cwd=root, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options,
    )  # fmt: skip


def _end(process: subprocess.Popen) -> None:
    """Ends a go command that still runs, and the compilers that it started."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            if os.name == "nt":
                subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
            else:
                os.killpg(process.pid, 9)
        process.wait()
    if process.stdout:
        process.stdout.close()
