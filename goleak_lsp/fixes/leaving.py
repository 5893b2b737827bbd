"""How a function may be left at a statement: the return, and what it would skip."""

from __future__ import annotations

from goleak_lsp.fixes.statement import Statement, walk
from goleak_lsp.golang.scope import result_types, zero_value
from goleak_lsp.golang.syntax import Function, GoFile, Node

_CLEANUP = frozenset(
    [
        "Add",
        "Cancel",
        "Close",
        "CloseSend",
        "CloseWithError",
        "Commit",
        "Disconnect",
        "Done",
        "Flush",
        "Put",
        "RUnlock",
        "Release",
        "Rollback",
        "Shutdown",
        "Signal",
        "Broadcast",
        "Stop",
        "Sync",
        "Unlock",
        "Wait",
        "cancel",
        "close",
        "stop",
        "unlock",
    ]
)


def return_statement(file: GoFile, function: Function, error: str) -> str | None:
    """``return`` with ``error`` for a last result of that type and zero for all others.

    None where the zero value of a result's type is not known.
    """
    types = result_types(file, function)
    if types is None:
        return None
    values = [zero_value(file, t) for t in types]
    if types and types[-1] == "error":
        values[-1] = error
    if None in values:
        return None
    return f"return {', '.join(values)}" if values else "return"


def skips_nothing(file: GoFile, found: Statement) -> bool:
    """Whether returning at the statement leaves no clean-up undone and no partner waiting.

    What stands in a ``defer`` runs all the same; so the statements that follow must neither
    look like a clean-up nor send or receive.
    """
    body = found.function.child_by_field_name("body")
    end = found.node.end_byte
    later = (n for n in walk(body, into_closures=False) if n.start_byte >= end)
    return not any(_is_owed(file, node) for node in later)


def _is_owed(file: GoFile, node: Node) -> bool:
    if node.type == "send_statement":
        return node.parent.type != "communication_case"
    if node.type != "expression_statement":
        return False
    inner = node.named_children[0]
    if inner.type == "unary_expression":
        return True
    if inner.type != "call_expression":
        return False
    called = inner.child_by_field_name("function")
    return file.text(called.child_by_field_name("field") or called) in _CLEANUP
