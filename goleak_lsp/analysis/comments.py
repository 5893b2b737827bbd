"""Comments ``//goleak:ignore REASON`` above an operation, its function, or the ``go`` statement."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.golang.syntax import Function, GoFile, Operation
from goleak_lsp.placing.files import SourceTree, read_source
from goleak_lsp.placing.surroundings import go_siblings
from goleak_lsp.profile.model import Sample
from goleak_lsp.profile.names import is_runtime, split

MARKER = "//goleak:ignore"
_COMMENT = re.compile(rf"{MARKER}(?:\s+(.*))?$")
_BLOCKS = ("statement_list", "block", "source_file")
_MAX_FILES = 400


class Comments:
    """The silencing comments of a source tree, each file and folder looked through once."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self._known: dict[str, tuple[GoFile | None, list[GoFile]]] = {}
        self._packages: dict[str, list[GoFile]] = {}

    def on(self, finding: Finding) -> str | None:
        """The reason in the comment that silences ``finding``, empty if it gives none; else None."""
        placement = finding.placement
        if placement.path is None:
            return None
        file, package = self._around(placement.path)
        if file is not None:
            for line in _lines(file, placement.span):
                if (reason := _above(file, line)) is not None:
                    return reason
            # The comment itself may be what has moved the operation: then it is one of these.
            found = [_above(file, line) for line in placement.candidates]
            if found and None not in found:
                return found[0]
        return _on_go(finding, package) if package else None

    def _around(self, path: Path) -> tuple[GoFile | None, list[GoFile]]:
        """The file, if it has such a comment at all, and those of its folder, if one of them has."""
        name = str(path)
        if name not in self._known:
            folder = os.path.dirname(name)
            if folder not in self._packages:
                self._packages[folder] = _package(path.parent, self.tree)
            self._known[name] = self.tree.read(path) if _is_marked(path, self.tree) else None, self._packages[folder]
        return self._known[name]


def _above(file: GoFile, line: int) -> str | None:
    """The comment at the end of a line, or among the comment lines right above it."""
    if found := _COMMENT.search(file.lines.text(line)):
        return (found[1] or "").strip()
    while line > 1 and (text := file.lines.text(line - 1).strip()).startswith("//"):
        if found := _COMMENT.match(text):
            return (found[1] or "").strip()
        line -= 1
    return None


def _lines(file: GoFile, span: tuple[int, int]) -> Iterator[int]:
    """The lines that a comment may stand above: the operation's, its statement's, its functions'."""
    yield file.lines.line_of(span[0])
    node = file.node_at(*span)
    while node is not None and node.parent is not None and node.parent.type not in _BLOCKS:
        if node.parent.type == "communication_case":
            yield node.parent.start_point.row + 1
        node = node.parent
    if node is not None:
        yield node.start_point.row + 1
    function = file.function_at(span[0])
    while function is not None:
        yield function.line
        function = file.functions[function.outer] if function.outer is not None else None


def _on_go(finding: Finding, package: list[GoFile]) -> str | None:
    """The comment above the ``go`` statements that may have started these goroutines, if all have one."""
    reason = None
    for sample in finding.samples:
        found = [_above(file, statement.line) for file, statement in _started(sample, package)]
        if not found or None in found:
            return None
        reason = reason or next(filter(None, found), "")
    return reason


def _package(folder: Path, tree: SourceTree) -> list[GoFile]:
    """The files of a package, if one of them has such a comment at all."""
    siblings = go_siblings(folder)[:_MAX_FILES]
    if not any(_is_marked(path, tree) and tree.contains(path) for path in siblings):
        return []
    return [file for path in siblings if tree.contains(path) and (file := tree.read(path))]


def _is_marked(path: Path, tree: SourceTree) -> bool:
    """Whether a file has such a comment; it is looked through again when its text is another."""
    known = tree.memory.setdefault("marked", {})
    state = tree.state(path)
    if path not in known or known[path][0] != state:
        text = state if isinstance(state, bytes) else read_source(path) if state is not None else None
        known[path] = state, text is not None and MARKER.encode() in text
    return known[path][1]


def _started(sample: Sample, package: list[GoFile]) -> Iterator[tuple[GoFile, Operation]]:
    """The ``go`` statements of a package that start what stands at the end of a stack."""
    frames = [frame for frame in sample.stack if not is_runtime(frame.function)] or sample.stack
    entry = split(frames[-1].function)[1]
    origin = split(sample.created_by.function)[1] if sample.created_by else None
    for file in package:
        for statement in file.go_statements:
            if origin is not None and file.functions[statement.function].name != origin:
                continue
            if _starts(file, statement, entry):
                yield file, statement


def _starts(file: GoFile, statement: Operation, entry: str) -> bool:
    node = file.node_at(statement.start, statement.end)
    while node is not None and node.type != "go_statement":
        node = node.parent
    call = node.named_children[0] if node is not None and node.named_children else None
    target = call.child_by_field_name("function") if call is not None else None
    if target is None:
        return False
    if target.type == "func_literal":
        literal: Function | None = file.function_at(target.start_byte)
        return literal is not None and literal.name == entry
    name = target.child_by_field_name("field") or target
    return file.text(name) == entry.rpartition(".")[2].removesuffix("[...]")
