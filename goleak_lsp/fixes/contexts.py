"""The contexts that a statement could watch: only those that can end while it waits."""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.golang.names import (
    FUNCTIONS,
    Declared,
    function_of,
    lookup,
    scopes,
    statement_around,
    struct_fields,
    type_of,
    value_of,
)  # fmt: skip
from goleak_lsp.golang.syntax import GoFile, Node


def contexts(file: GoFile, node: Node) -> Iterator[str]:
    """Expressions for contexts that can end while ``node`` waits, nearest first: names, then
    those of requests and of fields; without those whose end led to ``node``."""
    over = set(_awaited(file, node))
    yield from (context for context in _in_scope(file, node) if f"{context}.Done()" not in over)


def _awaited(file: GoFile, node: Node) -> Iterator[str]:
    """The channels that the select cases around ``node`` have received from."""
    at = node.parent
    while at is not None and at.type not in FUNCTIONS:
        communication = at.child_by_field_name("communication") if at.type == "communication_case" else None
        value = communication.child_by_field_name("right") if communication is not None else None
        channel = value.child_by_field_name("operand") if value is not None else None
        if channel is not None and communication != node:
            yield file.text(channel)
        at = at.parent


def may_outlive(file: GoFile, node: Node, context: str) -> bool:
    """Whether what ``node`` does may be wanted when ``context`` is over.

    A function that is not run on the spot, as that of a ``sync.Once``, may work for all that come
    later; the context is only that of the first. Contexts of fields end with what they are of.
    """
    name = context.removesuffix(".Context()")
    declared = lookup(file, node, name) if "." not in name else None
    function = function_of(node)
    while declared is not None and function is not None and not _is_around(function, declared.node):
        if function.type == "func_literal" and not _runs_on_the_spot(file, function):
            return True
        function = function_of(function)
    return False


def _is_around(function: Node, node: Node) -> bool:
    return function.start_byte <= node.start_byte and node.end_byte <= function.end_byte


def _runs_on_the_spot(file: GoFile, literal: Node) -> bool:
    """Whether the literal is called where it stands, by ``go``, ``defer`` or what starts a goroutine for it."""
    parent = literal.parent
    if parent.type == "call_expression":
        return True
    called = parent.parent.child_by_field_name("function") if parent.type == "argument_list" else None
    return called is not None and file.text(called.child_by_field_name("field") or called) in ("Go", "TryGo", "Submit")


def _in_scope(file: GoFile, node: Node) -> Iterator[str]:
    seen: set[str] = set()
    later: list[str] = []
    for scope in scopes(file, node)[:-1]:
        for name, declared in sorted(scope.items(), key=_latest_first):
            if name in seen:
                continue
            seen.add(name)
            if _can_end(file, declared, node):
                yield name
            else:
                later += _contexts_of(file, name, declared)
    yield from later


def _latest_first(item: tuple[str, Declared]) -> tuple[bool, int, int]:
    """The latest local first, then the parameters in their order."""
    declared = item[1]
    is_parameter = declared.node.type == "parameter_declaration"
    start = declared.node.start_byte
    return is_parameter, start if is_parameter else -start, declared.index


def _can_end(file: GoFile, declared: Declared, place: Node) -> bool:
    written = type_of(declared)
    if written is not None:
        return declared.node.type == "parameter_declaration" and _is_type(file, written, "context", "Context")
    call = value_of(declared)
    if call is None or call.type != "call_expression":
        return False
    package, name = _called(file, call)
    if (package, name, declared.index) in _BY_THEMSELVES:
        return True
    if (package, name, declared.index) in _BY_OTHERS:
        # A function that waits cannot cancel meanwhile; a context made around it can be cancelled.
        return function_of(declared.node) != function_of(place) or _inherits(file, call)
    return package is None and name == "Context" and not _arguments(call)


_BY_THEMSELVES = {
    *(("context", f"With{what}", 0) for what in ("Deadline", "DeadlineCause", "Timeout", "TimeoutCause")),
    ("os/signal", "NotifyContext", 0),
}
_BY_OTHERS = {
    ("context", "WithCancel", 0), ("context", "WithCancelCause", 0), ("golang.org/x/sync/errgroup", "WithContext", 1),
}  # fmt: skip


def _called(file: GoFile, call: Node) -> tuple[str | None, str]:
    """The import path (None for a method) and the name of what is called, ("", "") for a plain name."""
    called = call.child_by_field_name("function")
    if called.type != "selector_expression":
        return "", ""
    package = file.imports.get(file.text(called.child_by_field_name("operand")))
    return package, file.text(called.child_by_field_name("field"))


def _arguments(call: Node) -> list[Node]:
    return call.child_by_field_name("arguments").named_children


def _inherits(file: GoFile, call: Node) -> bool:
    """Whether the context that a call derives another from can end."""
    parent = _arguments(call)[0] if _arguments(call) else None
    if parent is None or parent.type != "identifier":
        return parent is not None and parent.type == "call_expression" and _called(file, parent) == (None, "Context")
    place = statement_around(call)
    declared = lookup(file, place, file.text(parent))
    return declared is not None and _can_end(file, declared, place)


def _is_type(file: GoFile, node: Node, package: str, name: str) -> bool:
    if node.type != "qualified_type":
        return False
    qualifier, _, last = file.text(node).partition(".")
    return last == name and file.imports.get(qualifier) == package


def _contexts_of(file: GoFile, name: str, declared: Declared) -> list[str]:
    """Contexts that a parameter carries: a request's, or a field of a struct of this file."""
    written = type_of(declared)
    if written is None or declared.node.type != "parameter_declaration":
        return []
    base = written.named_children[0] if written.type == "pointer_type" else written
    if base is not written and _is_type(file, base, "net/http", "Request"):
        return [f"{name}.Context()"]
    fields = struct_fields(file, base)
    return [f"{name}.{f}" for f, t in fields.items() if _is_type(file, t, "context", "Context")]
