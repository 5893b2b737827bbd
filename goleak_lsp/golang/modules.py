"""Modules of a workspace, read from ``go.mod`` and ``go.work`` as text."""

from __future__ import annotations

import os
import re
from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.environment import go_variable
from goleak_lsp.golang.folders import files_below

_MAX_BYTES = 1 << 20
_MODULE = re.compile(r"^\s*module\s+(?:\"([^\"]+)\"|(\S+))", re.MULTILINE)
_GO = re.compile(r"^\s*go\s+(\d+\.\d+(?:\.\d+)?)", re.MULTILINE)
_REPLACE = re.compile(r"=>\s*(\.\.?(?:[/\\][^\s]*)?)\s*$", re.MULTILINE)
_USE = re.compile(r"^\s*use\s+(?:\(([^)]*)\)|(\"[^\"\n]*\"|`[^`\n]*`|\S+))", re.MULTILINE)


class Module(Frozen):
    """A module whose source is in the workspace; ``path`` is its import path."""

    path: str
    dir: Path
    go_version: str = ""


def unescape(path: str) -> str:
    """A module cache path with its capital letters: ``!upper`` is ``Upper``."""
    return re.sub(r"!([a-z])", lambda m: m[1].upper(), path)


def escape(path: str) -> str:
    """A module path or version as the module cache spells it: ``Upper`` is ``!upper``."""
    return re.sub(r"([A-Z])", lambda m: "!" + m[1].lower(), path)


def near_modules(root: Path) -> list[Module]:
    """The modules that a few files tell of: those that ``go.work`` uses, the one that ``root``
    is or lies in, and the folders that these replace others by."""
    found = [module for folder in [*_used(root), *_enclosing(root)] if (module := _read(folder))]
    replaced = [module for m in found for folder in _replaced(m.dir) if (module := _read(folder))]
    return list(dict.fromkeys([*found, *replaced]))


def nested_modules(root: Path) -> list[Module]:
    """The modules below ``root``, as far as the bound allows. It walks the tree: ask last."""
    return [module for folder in _nested(root) if (module := _read(folder))]


def module_at(folder: Path) -> Module | None:
    """The module whose ``go.mod`` stands in this very folder."""
    return _read(folder)


def workspace_file(folder: Path) -> Path | None:
    """The ``go.work`` that go finds from a folder."""
    given = go_variable("GOWORK")
    if given:
        return Path(given) if given != "off" and os.path.isabs(given) else None
    return next((file for up in (folder, *folder.parents) if (file := up / "go.work").is_file()), None)


def standing_alone(file: Path) -> str:
    """The text of a ``go.work`` that means the same in any folder; empty where it cannot be read."""

    def absolute(name: str) -> str:
        import json  # not at a start: few have a go.work that needs it

        return json.dumps(os.path.normpath(file.parent / name.strip('"`')))

    def used(match: re.Match) -> str:
        return f"use (\n{chr(10).join(map(absolute, _names(match)))}\n)"

    text = _USE.sub(used, _uncommented(_text(file)))
    return _REPLACE.sub(lambda match: f"=> {absolute(match[1])}", text)


def _read(folder: Path) -> Module | None:
    text = _text(folder / "go.mod")
    match = _MODULE.search(text)
    if not match:
        return None
    go = _GO.search(text)
    return Module(match[1] or match[2], folder, go[1] if go else "")


def _text(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return ""
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _used(root: Path) -> list[Path]:
    found = []
    for match in _USE.finditer(_uncommented(_text(root / "go.work"))):
        found += [Path(os.path.normpath(root / name.strip('"`'))) for name in _names(match)]
    return found


def _names(match: re.Match) -> list[str]:
    """The folders that a ``use`` names, as they are written."""
    return re.findall(r"\"[^\"\n]*\"|`[^`\n]*`|[^\s()]+", match[1] or match[2])


def _uncommented(text: str) -> str:
    return re.sub(r"//[^\n]*", "", text)


def _replaced(folder: Path) -> list[Path]:
    text = _uncommented(_text(folder / "go.mod"))
    targets = (m[1].strip('"') for m in _REPLACE.finditer(text))
    return [Path(os.path.normpath(folder / target)) for target in targets if not os.path.isabs(target)]


def _enclosing(root: Path) -> list[Path]:
    return next(([folder] for folder in (root, *root.parents) if (folder / "go.mod").is_file()), [])


def _nested(root: Path) -> list[Path]:
    """Folders below ``root`` with a ``go.mod``, in breadth, as far as the bound allows."""
    return [Path(entry.path).parent for entry in files_below(root) if entry.name == "go.mod"]
