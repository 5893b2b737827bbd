"""How a function may be left at a statement: the return, and what it would skip."""

from __future__ import annotations

from goleak_lsp.fixes.statement import Statement, walk
from goleak_lsp.golang.names import lookup, means_the_same
from goleak_lsp.golang.syntax import GoFile, Node

_CLEANUP = frozenset((
    "Broadcast", "Cancel", "Close", "CloseSend", "CloseWithError", "Commit", "Disconnect", "Done", "Flush",
    "Put", "RUnlock", "Release", "Rollback", "Shutdown", "Signal", "Stop", "Sync", "Unlock", "Wait",
    "cancel", "close", "done", "release", "stop", "unlock",
))  # fmt: skip
_NIL = ("pointer_type", "slice_type", "map_type", "channel_type", "function_type", "interface_type")
_NUMBERS = (
    "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "byte", "rune",
    "float32", "float64", "complex64", "complex128", "time.Duration",
)  # fmt: skip
_ZEROS = dict.fromkeys(_NUMBERS, "0") | {
    "string": '""', "bool": "false", "error": "nil", "any": "nil", "context.Context": "nil", "io.Reader": "nil",
    "io.ReadCloser": "nil", "io.Writer": "nil", "net.Conn": "nil", "net/http.Handler": "nil",
}  # fmt: skip
_STRUCTS = ("struct_type", "array_type")


def fails(file: GoFile, function: Node) -> bool:
    """Whether the last result of ``function`` is an error."""
    types = _results(function)
    return bool(types) and file.text(types[-1]) == "error"


def results_are_plain(file: GoFile, function: Node) -> bool:
    """Whether all results are numbers, strings, truth values or errors, or slices of them: values that hold nothing."""
    plain = (*_NUMBERS, "string", "bool", "error")
    types = (_underlying(file, t) for t in _results(function))
    elements = (t.child_by_field_name("element") if t.type == "slice_type" else t for t in types)
    return all(_full_name(file, t) in plain for t in elements)


def return_statement(file: GoFile, found: Statement, error: str) -> str | None:
    """``return`` with ``error`` for a last result of that type and zero for all others.

    None where the zero value of a result's type is not known.
    """
    types = _results(found.function)
    values = [_zero(file, t, found.node) for t in types]
    if fails(file, found.function):
        values[-1] = error
    if None in values:
        return None
    return f"return {', '.join(values)}" if values else "return"


def _results(function: Node) -> list[Node]:
    """The types of the results in order; named results count once a name."""
    result = function.child_by_field_name("result")
    if result is None or result.type != "parameter_list":
        return [result] if result is not None else []
    found: list[Node] = []
    for declared in result.named_children:
        if declared.type == "parameter_declaration":
            names = declared.children_by_field_name("name")
            found += [declared.child_by_field_name("type")] * max(1, len(names))
    return found


def _zero(file: GoFile, written: Node, place: Node) -> str | None:
    """The zero value of a type as ``place`` may write it."""
    text = file.text(written)
    if "\n" in text or not means_the_same(file, written, place):
        return None
    underlying = _underlying(file, written)
    if underlying.type in _STRUCTS:
        return f"{text}{{}}"
    if underlying.type in _NIL:
        return "nil"
    if _full_name(file, underlying) == "time.Time":
        return f"{text}{{}}"
    # ``*new(T)`` is the zero value of every type, be it a type parameter or another package's.
    return _ZEROS.get(_full_name(file, underlying), f"*new({text})")


def _full_name(file: GoFile, written: Node) -> str:
    """A type's name with the import path of its package."""
    package, dot, name = file.text(written).rpartition(".")
    return f"{file.imports.get(package, package)}{dot}{name}"


def _underlying(file: GoFile, written: Node) -> Node:
    """The type that this file declares a name to be, else the type itself."""
    for _ in range(8):
        base = written.child_by_field_name("type") if written.type == "generic_type" else written
        declared = lookup(file, base, file.text(base)) if base.type == "type_identifier" else None
        if declared is None or declared.node.type not in ("type_spec", "type_alias"):
            return written
        written = declared.node.child_by_field_name("type")
    return written


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
