"""Gives a fire-and-forget ``go`` statement a context and a way to be waited for.

The page `explain make-testable` says when.
"""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.fixes.catalogue import FIXES, fix_named
from goleak_lsp.fixes.imports import imported
from goleak_lsp.fixes.model import Target
from goleak_lsp.fixes.statement import walk
from goleak_lsp.fixes.wrapping import indent_at, newline_of
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.package import Located, call_of, parameters, statements_of
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit, apply_edits

_ENDING = ("done-case", "loop-exit", "default-to-case")
"""The fixes that let a goroutine end with a context in scope."""

_BLOCKING = ("chan-send", "chan-receive", "chan-range", "select", "sleep")

_MAY_NOT_END = ("for_statement", "send_statement", "select_statement")
"""What a goroutine must not hold, nor a receive, that is waited for and that nothing ends."""

_ROUNDS = 8
"""Operations of one goroutine that are given an end."""


class Testable(Frozen):
    """What the action is called, where the ``go`` statement begins, and the edits of the one file."""

    title: str
    at: int
    edits: tuple[Edit, ...]


def make_testable(target: Target) -> Testable | None:
    """The change for the ``go`` statement that starts the goroutine of a finding; None where it is not safe."""
    start = _statement(target.node)
    function = function_of(start) if start is not None else None
    if function is None or not _is_ours(function, start, target):
        return None
    file = target.file
    title = f"Let {file.text(function.child_by_field_name('name'))} return a function that"
    own = next((n for n, kind in parameters(file, function) if file.text(kind) == "context.Context"), None)
    package = imported(file, "context")
    taken = {file.text(n) for n in walk(function) if n.type == "identifier"}
    if package is not None and not taken & ({"cancel", "done", "stop"} | ({"ctx"} if own is None else set())):
        parent = own or f"{package.names[0]}.Background()"
        context = own or "ctx"
        declaration = f"{context}, cancel := {package.names[0]}.WithCancel({parent})"
        text = _with_context(target, function, start, context, declaration, package.edits)
        if text is not None:
            edit = Edit(function.start_byte, function.end_byte, text)
            return Testable(f"{title} ends its goroutine and waits for it", start.start_byte, (*package.edits, edit))
    if taken & {"done", "wait"} or any(map(_may_not_end, walk(start))):
        return None
    text = _rewritten(file, function, start, "wait", ["done := make(chan struct{})"], "<-done")
    edit = Edit(function.start_byte, function.end_byte, text)
    return Testable(f"{title} waits for its goroutine", start.start_byte, (edit,))


def _statement(node: Node | None) -> Node | None:
    """The ``go`` statement whose literal a node is in."""
    while node is not None and node.type != "go_statement":
        if node.type in ("function_declaration", "method_declaration"):
            return None
        node = node.parent
    return node


def _may_not_end(node: Node) -> bool:
    return node.type in _MAY_NOT_END or (node.type == "unary_expression" and node.children[0].type == "<-")


def _is_ours(function: Node, start: Node, target: Target) -> bool:
    """Whether nobody relies on how the function looks, and the goroutine is always and only once started."""
    file = target.file
    if function.type != "function_declaration" or function.child_by_field_name("result") is not None:
        return False
    name, call, body = function.child_by_field_name("name"), call_of(start), function.child_by_field_name("body")
    literal = call.child_by_field_name("function")
    if literal.type != "func_literal" or file.text(call.child_by_field_name("arguments")) != "()":
        return False
    if file.text(name)[:1].isupper() or file.text(name) in ("main", "init") or body is None:
        return False
    alone = sum(n.type == "go_statement" for n in walk(function)) == 1
    returns = any(n.type == "return_statement" for n in walk(function, into_closures=False))
    on_lines = file.lines.line_of(literal.start_byte) < file.lines.line_of(literal.end_byte)
    if not alone or returns or not on_lines or start.id not in {s.id for s in statements_of(body)}:
        return False
    return target.package.calls(Located(target.path, file, function)) is not None


def _with_context(
    target: Target, function: Node, start: Node, context: str, declaration: str, imports: tuple[Edit, ...]
) -> str | None:
    """The function's text with a context that ends what is in the goroutine; None where nothing would use it."""
    file = target.file
    text = _rewritten(file, function, start, "stop", [declaration, "done := make(chan struct{})"], "cancel(); <-done")
    data = apply_edits(file.data, [*imports, Edit(function.start_byte, function.end_byte, text)])
    begin = function.start_byte + sum(len(e.text.encode()) - (e.end - e.start) for e in imports)
    end = begin + len(text.encode())
    uses = any(file.text(n) == context for n in walk(start) if n.type == "identifier")
    for _ in range(_ROUNDS):
        edits = next(_endings(target, data, begin, end), None)
        if edits is None:
            break
        new = apply_edits(data, list(edits))
        end, data, uses = end + len(new) - len(data), new, True
    return data[begin:end].decode("utf-8", "replace") if uses else None


def _endings(target: Target, data: bytes, begin: int, end: int) -> Iterator[list[Edit]]:
    """Edits between two bytes that let an operation in the goroutine end with the context."""
    file = GoFile.parse(data)
    for operation in file.operations:
        inside = begin <= operation.start < end and not operation.in_select
        statement = _statement(file.node_at(operation.start, operation.end)) if inside else None
        if statement is None or operation.kind not in _BLOCKING:
            continue
        found = Target(
            target.path, file, file.functions[operation.function], operation, operation.kind, "leaked",
            go_version=target.go_version,
        )  # fmt: skip
        for name in _ENDING:
            offer = fix_named(name).offer(found) if operation.kind in FIXES[name] else None
            if offer is not None and all(begin <= e.start and e.end <= end for e in offer.edits) and not offer.also:
                yield list(offer.edits)


def _rewritten(file: GoFile, function: Node, start: Node, result: str, before: list[str], after: str) -> str:
    """The function with a result that is called ``result`` and does ``after``."""
    nl, indent = newline_of(file), indent_at(file, start.start_byte)
    literal = call_of(start).child_by_field_name("function").child_by_field_name("body")
    head = function.child_by_field_name("parameters").end_byte
    brace = function.child_by_field_name("body").end_byte - 1
    last = file.data[:brace].rstrip()
    edits = [
        Edit(head, head, f" ({result} func())"),
        Edit(start.start_byte, start.start_byte, "".join(f"{line}{nl}{indent}" for line in before)),
        Edit(literal.start_byte + 1, literal.start_byte + 1, f"{nl}{indent}\tdefer close(done)"),
        Edit(len(last), len(last), f"{nl}{indent}return func() {{ {after} }}"),
    ]
    whole = apply_edits(file.data, edits)
    return whole[function.start_byte : function.end_byte + len(whole) - len(file.data)].decode("utf-8", "replace")
