"""The go command, asked about packages as they would be with other contents: nothing is written, nothing fetched.

It runs at low priority and one command at a time, with no download, no other toolchain, and no
change of go.mod, go.sum or go.work.sum.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.environment import go_variable
from goleak_lsp.golang.modules import standing_alone, workspace_file

MAX_OUTPUT = 10_000
"""Lines of a go command that are read."""

_POLL = 0.05


class Cancelled(Exception):
    """The verification was given up; there is no verdict."""


class Answer(Frozen):
    """What a go command said; ``ran`` is false where it could not be run to its end."""

    ran: bool
    complaints: tuple[str, ...] = ()


def go_command(root: Path) -> str | None:
    """The go command of the user's PATH; never one that lies in the source tree ``root``."""
    go = shutil.which("go")
    if go is None or not os.path.isabs(go) or Path(os.path.realpath(go)).is_relative_to(os.path.realpath(root)):
        return None
    return go


class Go:
    """Runs one go command at a time for one root, at low priority.

    ``seconds`` limits all of them together. Raises Cancelled once ``cancel`` is set.
    """

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
            packages = [_package(self.root, folder) for folder in folders]
            answer = self._run([*command, *flags, *packages], _workspace(self.root, Path(name)))
            # Vet names the copies.
            names = {copy: _package(self.root, Path(path)) for path, copy in replaced.items()}
            return answer._replace(complaints=tuple(_renamed(line, names) for line in answer.complaints))

    def _run(self, arguments: list[str], workspace: dict[str, str]) -> Answer:
        with self._one_at_a_time:
            if self.cancel.is_set():
                raise Cancelled
            try:
                process = _start([self.program, *arguments], self.root, workspace)
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
        lines = [line.rstrip() for line in output.decode("utf-8", "replace").split("\n", MAX_OUTPUT)[:MAX_OUTPUT]]
        told = tuple(line for line in lines if line and line[0] not in "#\t ")
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


def _renamed(line: str, names: dict[str, str]) -> str:
    for copy, name in names.items():
        line = line.replace(copy, name)
    return line


def _workspace(root: Path, scratch: Path) -> dict[str, str]:
    """The environment that keeps go from writing beside ``go.work``: it reads a copy of it in ``scratch``."""
    file = workspace_file(root)
    # What is vendored is looked for beside go.work, and then nothing is written.
    if file is None or (file.parent / "vendor" / "modules.txt").is_file():
        return {}
    if not (text := standing_alone(file)):
        return {}
    copy = scratch / "go.work"
    copy.write_text(text, "utf-8")
    with contextlib.suppress(OSError):
        shutil.copyfile(file.with_name("go.work.sum"), copy.with_name("go.work.sum"))
    return {"GOWORK": str(copy)}


def _start(command: list[str], root: Path, workspace: dict[str, str]) -> subprocess.Popen:
    # Where no other -mod is given, the user's may have go write to go.mod. Flags that are empty are read
    # from the user's file instead, which may hold it too; this one is the default and says nothing.
    flags = [word for word in go_variable("GOFLAGS").split() if word.lstrip("-") != "mod=mod"]
    own = {"GOPROXY": "off", "GOSUMDB": "off", "GOTOOLCHAIN": "local", "GIT_TERMINAL_PROMPT": "0"}
    own["GOFLAGS"] = " ".join(flags or ["-buildvcs=false"])
    environment = os.environ | own | workspace
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
