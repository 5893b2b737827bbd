"""Which file of the workspace a profile's path means, with no settings.

A profile's paths are those of the build: absolute on another machine, relative under
``-trimpath``, in a module cache or a vendor folder. They are untrusted: a path only ever
*selects* among files inside the roots.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from goleak_lsp.golang.modules import Module, find_modules, unescape
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.profile.model import Frame, Profile
from goleak_lsp.profile.names import is_standard, split

MAX_SOURCE = 4 << 20
"""Bytes of a Go file that is still read; larger ones are generated tables."""

_MODULE_CACHE = "/pkg/mod/"


class SourceTree:
    """The Go files below one root; ``open_text`` gives the unsaved text of open ones."""

    def __init__(
        self,
        root: Path,
        path_map: Iterable[tuple[str, str]] = (),
        open_text: Callable[[Path], bytes | None] = lambda path: None,
    ) -> None:
        self.root = Path(os.path.realpath(root))
        self.path_map = tuple(path_map)
        self.open_text = open_text
        self._files: dict[Path, tuple[object, GoFile | None]] = {}
        self._modules: tuple[Module, ...] | None = None

    @property
    def modules(self) -> tuple[Module, ...]:
        """The modules of the workspace, longest path first."""
        if self._modules is None:
            self._modules = tuple(sorted(find_modules(self.root), key=lambda m: -len(m.path)))
        return self._modules

    def contains(self, path: Path) -> Path | None:
        """The real path of a regular ``.go`` file inside the root that is the user's, else None."""
        real = Path(os.path.realpath(path))
        if real.suffix != ".go" or not real.is_relative_to(self.root):
            return None
        if "vendor" in real.relative_to(self.root).parts[:-1]:
            return None
        try:
            return real if stat.S_ISREG(os.stat(real).st_mode) else None
        except OSError:
            return None

    def read(self, path: Path) -> GoFile | None:
        """The parsed file, from the editor's buffer if it is open; None where it cannot be read."""
        text, key = self._version(path)
        if path in self._files and self._files[path][0] == key:
            return self._files[path][1]
        try:
            if text is None and key is not None:
                text = path.read_bytes()
        except OSError:
            return None
        parsed = GoFile.parse(text) if text is not None and len(text) <= MAX_SOURCE else None
        self._files[path] = (key, parsed)
        return parsed

    def _version(self, path: Path) -> tuple[bytes | None, object]:
        """The text of an open file, and what tells one version of a file from another.

        The latter is None where there is no regular file of a size that is read.
        """
        text = self.open_text(path)
        if text is not None:
            return text, text
        try:
            state = os.stat(path)
        except OSError:
            return None, None
        if state.st_size > MAX_SOURCE or not stat.S_ISREG(state.st_mode):
            return None, None
        return None, (state.st_mtime_ns, state.st_size, state.st_ino)

    def drop_stale(self) -> bool:
        """Forgets files that are others now than when they were read; whether there were any."""
        stale = [path for path, (key, _) in list(self._files.items()) if self._version(path)[1] != key]
        for path in stale:
            del self._files[path]
        return bool(stale)

    def relative(self, path: Path) -> str:
        """``path`` below the root, with forward slashes on every system."""
        return path.relative_to(self.root).as_posix()


class FileMap:
    """Maps the paths of one profile; what one frame shows of the build's layout serves all."""

    def __init__(self, profile: Profile, tree: SourceTree) -> None:
        self.tree = tree
        self._known: dict[str, Path | None] = {}
        self._prefixes = self._learn(profile)

    def local(self, frame: Frame) -> Path | None:
        """The user's file that ``frame`` stands in, or None for libraries and the unknown."""
        if frame.file not in self._known:
            self._known[frame.file] = self._find(frame)
        return self._known[frame.file]

    def _find(self, frame: Frame) -> Path | None:
        file = frame.file.replace("\\", "/")
        if "\0" in file or not file.endswith(".go"):
            return None
        for begin, target in self.tree.path_map:
            if file.startswith(begin):
                return self.tree.contains(self.tree.root / (target + file[len(begin) :]))
        if os.path.isabs(frame.file) and (found := self.tree.contains(Path(frame.file))):
            return found
        package, _ = split(frame.function)
        if self._is_library(file, package):
            return None
        return self._by_module(file) or self._by_prefix(file) or self._by_package(file, package)

    def _is_library(self, file: str, package: str) -> bool:
        """Whether the frame is the standard library's, by its package and by no module's having it."""
        if not is_standard(package) or any(_below(package, m.path) for m in self.tree.modules):
            return False
        # A closure that was inlined bears its caller's package, so the path must agree.
        return file.rsplit("/", 1)[0].endswith(package)

    def _by_module(self, file: str) -> Path | None:
        """Paths that name their module: ``mod@v1.2.3/f.go``, cached or trimmed, and ``mod/f.go``."""
        _, cached, tail = file.rpartition(_MODULE_CACHE)
        name = unescape(tail) if cached else file
        if name.startswith("/"):
            return None
        for module in self.tree.modules:
            if name.startswith(module.path):
                rest = name[len(module.path) :]
                if rest.startswith("@"):
                    rest = rest[rest.find("/") :]
                if rest.startswith("/"):
                    return self.tree.contains(Path(module.dir, rest[1:]))
        return None

    def _learn(self, profile: Profile) -> list[tuple[str, Path]]:
        """Folders of the build machine that are modules here, longest first."""
        prefixes: dict[str, Path] = {}
        for file, package in {(f.file, split(f.function)[0]) for s in profile.samples for f in s.stack}:
            folder = file.replace("\\", "/").rpartition("/")[0]
            for module in self.tree.modules:
                if folder and _below(package, module.path):
                    inner = package[len(module.path) :]
                    if folder.endswith(inner) and "@" not in folder:
                        prefixes[folder[: len(folder) - len(inner)]] = Path(module.dir)
        return sorted(prefixes.items(), key=lambda item: -len(item[0]))

    def _by_prefix(self, file: str) -> Path | None:
        for prefix, folder in self._prefixes:
            if file.startswith(prefix + "/"):
                found = self.tree.contains(Path(folder, file[len(prefix) + 1 :]))
                if found:
                    return found
        return None

    def _by_package(self, file: str, package: str) -> Path | None:
        """The longest tail of an absolute path that is a file of a module here."""
        if _MODULE_CACHE in file or "/vendor/" in file or "@v" in file:
            return None
        for module in self.tree.modules:
            if _below(package, module.path):
                folder = Path(module.dir, package[len(module.path) :].lstrip("/"))
                return self.tree.contains(folder / PurePosixPath(file).name)
        if package != "main":
            return None
        parts = PurePosixPath(file).parts
        for start in range(1, len(parts)):
            tail = "/".join(parts[start:])
            found = {p for m in self.tree.modules if (p := self.tree.contains(Path(m.dir, tail)))}
            if not found and not self.tree.modules:
                found = {p for p in [self.tree.contains(self.tree.root / tail)] if p}
            if found:
                return found.pop() if len(found) == 1 else None
        return None


def _below(package: str, module: str) -> bool:
    return package == module or package.startswith(module + "/")
