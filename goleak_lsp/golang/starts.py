"""The ``go`` statements that start a function or closure."""

from __future__ import annotations

from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.declarations import Declarations, Routine
from goleak_lsp.golang.syntax import GoFile, Node


class Start(Frozen):
    """A ``go`` statement, or a call of ``wg.Go``, and its file."""

    path: Path
    file: GoFile
    node: Node


def starts_of(package: Declarations, routine: Routine) -> list[Start]:
    """Where goroutines that begin in ``routine``, or in the literals around it, are started."""
    at: Routine | None = routine
    while at is not None and at.function.outer is not None:
        started = _started(at.node)
        if started is not None:
            return [Start(at.path, at.file, started)]
        at = Routine(at.path, at.file, at.file.functions[at.function.outer])
    return _by_name(package, at.function.name) if at is not None else []


def _started(literal: Node) -> Node | None:
    """The statement that starts a literal in a goroutine of its own."""
    call = literal.parent
    if call.type == "call_expression" and call.parent.type == "go_statement":
        return call.parent
    if call.type == "argument_list":
        called = call.parent.child_by_field_name("function")
        if called.type == "selector_expression" and called.child_by_field_name("field").text == b"Go":
            return call.parent
    return None


def _by_name(package: Declarations, name: str) -> list[Start]:
    last = name.rpartition(".")[2].removesuffix("[...]").encode()
    found = []
    for path, file in package.files.items():
        for statement in file.go_statements:
            node = file.node_at(statement.start, statement.end)
            while node is not None and node.type != "go_statement":
                node = node.parent
            call = node.named_children[0] if node is not None and node.named_children else None
            called = call.child_by_field_name("function") if call is not None else None
            if called is None:
                continue  # broken source
            called = called.child_by_field_name("field") or called
            if called.text == last:
                found.append(Start(path, file, node))
    return found
