"""Which file of the workspace a profile's path means, with no settings.

A profile's paths are those of the build: absolute on another machine, relative under
``-trimpath``, in a module cache or a vendor folder. They are untrusted: a path only ever
*selects* among files inside the roots. Tails of the path are looked up one by one and held
against the import path that the function's name bears, so nothing has to be listed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path

from goleak_lsp.golang.modules import Module, unescape
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.model import Frame, Profile
from goleak_lsp.profile.names import split

_VERSIONED = re.compile(r"^(?:.*/pkg/mod/)?(?P<module>[^@]+)@(?P<version>v[^/]+)/(?P<rest>.+)$")
_DRIVE = re.compile(r"^[A-Za-z]:/")
_MAJOR = re.compile(r"/v\d+(?=/|$)")
_MAX_PARTS = 40
_STANDARD = frozenset(
    {
        "archive", "bufio", "builtin", "bytes", "cmp", "compress", "container", "context", "crypto", "database",
        "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index",
        "internal", "io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "plugin", "reflect", "regexp",
        "runtime", "slices", "sort", "strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time",
        "unicode", "unique", "unsafe", "vendor", "weak",
    }
)  # fmt: skip


class FileMap:
    """Maps the paths of one profile; what one frame shows of the build's layout serves all.

    ``frames`` are the distinct frames of the profile, for whoever knows them.
    """

    def __init__(self, profile: Profile, tree: SourceTree, frames: Iterable[Frame] | None = None) -> None:
        self.profile, self.tree, self._frames = profile, tree, frames
        self._known: dict[tuple[str, str], Path | None] = {}

    @cached_property
    def _packages(self) -> set[tuple[str, str]]:
        """The files of all frames with the packages that their functions bear, which not every path needs."""
        frames = self._frames
        if frames is None:
            frames = set(chain.from_iterable(sample.stack for sample in self.profile.samples))
        return {(frame.file, split(frame.function)[0]) for frame in frames}

    @cached_property
    def _prefixes(self) -> list[tuple[str, Path]]:
        return _prefixes(self._packages, self.tree.near)

    def local(self, frame: Frame) -> Path | None:
        """The user's file that ``frame`` stands in, or None for libraries and the unknown."""
        package = _tested(split(frame.function)[0])
        key = (frame.file, package)
        if key not in self._known:
            self._known[key] = self._find(frame.file, package)
        return self._known[key]

    def wanted(self, frame: Frame) -> list[Path]:
        """Where the file would be, if it were not gone: places inside the root, likeliest first."""
        file, package = _clean(frame.file), _tested(split(frame.function)[0])
        if file is None or _is_standard(file, package):
            return []
        if versioned := self.version(frame):
            return [module.dir / versioned[2] for module in self.tree.near if module.path == versioned[0]]
        guesses: list[Path] = [Path(file)] if os.path.isabs(file) else []
        guesses += [folder / file[len(begin) + 1 :] for begin, folder in self._prefixes if file.startswith(begin + "/")]
        for module in self.tree.near:
            if _below(package, module.path):
                guesses.append(module.dir / package[len(module.path) :].lstrip("/") / file.rpartition("/")[2])
            elif package == "main" and file.startswith(module.path + "/"):
                guesses.append(module.dir / file[len(module.path) + 1 :])
        if package == "main" or not self.tree.near:
            guesses += [root / tail for root in self.tree.roots for tail in _tails(file)]
        real = (Path(os.path.normpath(g)) for g in guesses)
        return [path for path in dict.fromkeys(real) if self.tree.root_of(path)]

    def version(self, frame: Frame) -> tuple[str, str, str] | None:
        """Module, version and file of a path that names them: ``mod@v1.2.3/f.go``."""
        match = _VERSIONED.match(_clean(frame.file) or "")
        return (unescape(match["module"]), unescape(match["version"]), match["rest"]) if match else None

    def _find(self, name: str, package: str) -> Path | None:
        file = _clean(name)
        if file is None:
            return None
        for begin, target in self.tree.path_map:
            if file.startswith(begin):
                return self.tree.contains(self.tree.root / (target + file[len(begin) :]))
        if versioned := _VERSIONED.match(file):
            return self._of_module(unescape(versioned["module"]), versioned["rest"])
        if os.path.isabs(file) and (found := self.tree.contains(Path(file))):
            return found
        if _is_standard(file, package) and not any(_below(package, m.path) for m in self.tree.near):
            return None
        _, vendored, inner = file.rpartition("/vendor/")
        return self._user_file(inner if vendored else file, package, bool(vendored))

    def _user_file(self, file: str, package: str, vendored: bool) -> Path | None:
        found = self._by_module(file, package, self.tree.near)
        if found or vendored:
            return found
        found = self._by_prefix(file) or self._by_tail(file, package)
        if found:
            return found
        # Only what nothing near explains is worth a search of the whole tree.
        return self._by_module(file, package, self.tree.modules)

    def _of_module(self, module: str, rest: str) -> Path | None:
        """A file of a module that the path names: the user's, if the module's source is here."""
        for known in self.tree.near:
            if known.path == module:
                return self.tree.contains(known.dir / rest)
        parts = module.split("/")
        for start in range(len(parts), 0, -1):
            for found in self._below_roots("/".join([*parts[start:], rest])):
                owner = self.tree.owner(found.parent)
                if owner and owner.path == module:
                    return found
        return None

    def _by_module(self, file: str, package: str, modules: Iterable[Module]) -> Path | None:
        """A trimmed path begins with the module's; a package's name tells its folder."""
        name = file.rpartition("/")[2]
        for module in modules:
            if file.startswith(module.path + "/"):
                found = self.tree.contains(module.dir / file[len(module.path) + 1 :])
                if found:
                    return found
            if _below(package, module.path):
                found = self.tree.contains(module.dir / package[len(module.path) :].lstrip("/") / name)
                if found:
                    return found
        if package != "main":
            return None
        return _only(self._main_files(file, modules))

    def _main_files(self, file: str, modules: Iterable[Module]) -> list[Path]:
        """Files of package main by the longest tail that any module has."""
        for tail in _tails(file):
            there = [path for m in modules if (path := self.tree.contains(m.dir / tail))]
            if found := [path for path in there if self._may_be_main(path, tail)]:
                return list(dict.fromkeys(found))
        return []

    def _by_prefix(self, file: str) -> Path | None:
        for prefix, folder in self._prefixes:
            if file.startswith(prefix + "/"):
                found = self.tree.contains(folder / file[len(prefix) + 1 :])
                if found:
                    return found
        return None

    def _below_roots(self, tail: str) -> list[Path]:
        """The files of that path below the roots; a root that the path names itself goes before the others."""
        roots = self.tree.roots
        begin, _, rest = tail.partition("/")
        named = [root / rest for root in roots if len(roots) > 1 and rest and root.name == begin]
        for guesses in (named, [root / tail for root in roots]):
            if found := [path for guess in guesses if (path := self.tree.contains(guess))]:
                return list(dict.fromkeys(found))
        return []

    def _by_tail(self, file: str, package: str) -> Path | None:
        """The longest tail of the path below the root whose package is the function's."""
        loose: Path | None = None
        for tail in _tails(file):
            there = self._below_roots(tail)
            agreeing = [path for path in there if self._agrees(path, tail, package) is True]
            if agreeing:
                # Two folders of an editor may hold programs with files of one name.
                return _only(agreeing)
            open_ones = [path for path in there if self._agrees(path, tail, package) is None]
            loose = loose or _only(open_ones)
        return loose

    def _agrees(self, path: Path, tail: str, package: str) -> bool | None:
        """Whether a file is of the package that a function's name bears; None where that is open."""
        own = self.tree.import_path(path)
        if package == "main":
            return self._may_be_main(path, tail)
        if own == package:
            return True
        folder = tail.rpartition("/")[0]
        if own is None:
            return not folder or package == folder or package.endswith("/" + folder)
        if _MAJOR.sub("", own) == _MAJOR.sub("", package):
            return True
        # A closure that was inlined bears its caller's package, so a long tail may speak for itself.
        same_module = any(_below(package, m.path) for m in self.tree.near)
        if same_module and "/" in tail:
            return None
        return None if not self._seen_here and (not folder or package.endswith("/" + folder)) else False

    def _may_be_main(self, path: Path, tail: str) -> bool:
        """Whether a function of package main may stand in a file: a bare name is not enough without that package.

        With a folder it is, since what was inlined into main bears its name.
        """
        file = self.tree.read(path) if "/" not in tail else None
        return file is None or file.package == "main"

    @property
    def _seen_here(self) -> bool:
        """Whether any function of the profile bears the name of a module here."""
        return any(_below(package, m.path) for _, package in self._packages for m in self.tree.near)


def _clean(name: str) -> str | None:
    file = name.replace("\\", "/")
    if "\0" in file or not file.endswith(".go") or "/../" in file or file.startswith("../"):
        return None
    return file


def _tested(package: str) -> str:
    """The package whose folder an external test lies in."""
    return package.removesuffix("_test")


def _is_standard(file: str, package: str) -> bool:
    """Whether a path is the standard library's: GOROOT's or, trimmed, the package itself."""
    folder = file.rpartition("/")[0]
    if folder.split("/", 1)[0] in _STANDARD and not file.startswith("/"):
        return True
    # A closure that was inlined bears its caller's package, so the path must agree.
    return package.split("/", 1)[0] in _STANDARD and folder.endswith("/src/" + package)


def _tails(file: str) -> Iterator[str]:
    """The path's tails, longest first, without what only another machine has."""
    parts = [p for p in _DRIVE.sub("", file).split("/") if p not in ("", ".")][-_MAX_PARTS:]
    for start in range(len(parts)):
        yield "/".join(parts[start:])


def _prefixes(packages: Iterable[tuple[str, str]], modules: Iterable[Module]) -> list[tuple[str, Path]]:
    """Folders of the build machine that are modules here, longest first."""
    found: dict[str, Path] = {}
    for name, package in packages:
        folder = name.replace("\\", "/").rpartition("/")[0]
        for module in modules:
            if folder and "@" not in folder and _below(package, module.path):
                inner = package[len(module.path) :]
                if folder.endswith(inner):
                    found[folder[: len(folder) - len(inner)]] = module.dir
    return sorted(found.items(), key=lambda item: -len(item[0]))


def _below(package: str, module: str) -> bool:
    return package == module or package.startswith(module + "/")


def _only(found: list[Path]) -> Path | None:
    return found[0] if len(found) == 1 else None
