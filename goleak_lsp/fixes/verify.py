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

from goleak_lsp.placing.files import SourceTree

MAX_SECONDS = 60
"""How long a verification may take."""

MAX_MESSAGES = 20
MAX_KEPT = 2048
"""Verdicts, and answers about files as they are, that are kept."""

NO_GO = "there is no go command"

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
    go = go_command(root)
    if go is None:
        return Verdict(Result.UNKNOWN, (NO_GO,))
    cancel = cancel or threading.Event()
    before, after = dict(unsaved or {}), dict(unsaved or {}) | dict(files)
    folders = sorted({path.parent for path in files})
    key = _key(root, folders, after)
    verdict = _VERDICTS.get(key)
    if verdict is None:
        verdict = _compare(_Go(go, root, cancel, seconds), folders, before, after)
        _keep(_VERDICTS, key, verdict)
    return verdict


def go_command(root: Path) -> str | None:
    """The go command of the user's PATH; never one that lies in the source tree ``root``."""
    go = shutil.which("go")
    if go is None or not os.path.isabs(go) or Path(os.path.realpath(go)).is_relative_to(os.path.realpath(root)):
        return None
    return go


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
    answer = _ASKED.get(key)
    if answer is None:
        answer = getattr(go, what)(folders, before)
        _keep(_ASKED, key, answer)
    return answer


def _what(line: str) -> str:
    """A complaint without its place, which an edit moves."""
    return re.sub(r"^(vet: )?\S+?:\d+(:\d+)?: ", "", line)


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
            # Stamping versions would run git, which a repository's own settings can make run anything.
            flags = ["-overlay", str(overlay), "-buildvcs=false"]
            flags += [] if _is_vendored(folders[0]) else ["-mod=readonly"]
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
    # Where no other -mod is given, the user's may have go write to go.mod.
    flags = " ".join(word for word in os.environ.get("GOFLAGS", "").split() if word.lstrip("-") != "mod=mod")
    own = {"GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": flags, "GIT_TERMINAL_PROMPT": "0"}
    environment = os.environ | own
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
