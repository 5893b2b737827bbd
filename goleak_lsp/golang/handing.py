"""What is done with an object where its name stands, and which literals stay in the function that they stand in."""

from __future__ import annotations

from goleak_lsp.golang.names import Declared, function_of, lookup, value_of
from goleak_lsp.golang.scope import identifiers
from goleak_lsp.golang.syntax import GoFile, Node

_METHODS = {
    "Done": "done", "Add": "add", "Wait": "wait", "Go": "go", "Lock": "lock", "Unlock": "unlock", "RLock": "lock",
    "RUnlock": "unlock", "TryLock": "lock", "TryRLock": "lock",
}  # fmt: skip
_STARTING = {
    ("sync", "WaitGroup"), ("golang.org/x/sync/errgroup", "Group"), ("golang.org/x/sync/errgroup", "WithContext"),
}  # fmt: skip


def action_of(file: GoFile, node: Node) -> tuple[str, Node]:
    """What is done with the object at an identifier, and the node that does it."""
    at, parent = node, node.parent
    while parent.type == "parenthesized_expression" or (
        parent.type == "unary_expression" and parent.children[0].type in ("&", "*")
    ):
        at, parent = parent, parent.parent
    if parent.type == "send_statement" and parent.child_by_field_name("channel") == at:
        return "send", parent
    if parent.type == "unary_expression" and parent.children[0].type == "<-":
        return "receive", parent
    if parent.type == "range_clause" and parent.child_by_field_name("right") == at:
        return "range", parent
    if parent.type == "binary_expression" and any(c.type == "nil" for c in parent.named_children):
        return "size", parent
    if parent.type == "selector_expression" and parent.parent.type == "call_expression":
        action = _METHODS.get(file.text(parent.child_by_field_name("field")), "escape")
        return action if parent.parent.child_by_field_name("function") == parent else "escape", parent.parent
    if parent.type == "argument_list" and parent.parent.type == "call_expression":
        called = file.text(parent.parent.child_by_field_name("function"))
        return {"close": "close", "len": "size", "cap": "size"}.get(called, "argument"), parent.parent
    return "escape", node


def stays(file: GoFile, literal: Node) -> bool:
    """Whether a function literal is only called, deferred or started, so that nobody keeps it."""
    parent = literal.parent
    if parent.type == "call_expression" and parent.child_by_field_name("function") == literal:
        return True
    if parent.type == "argument_list":
        return _starts(file, parent.parent)
    if parent.type != "expression_list" or parent.parent.type != "short_var_declaration":
        return False
    names = parent.parent.child_by_field_name("left").named_children
    if len(names) != 1 or len(parent.named_children) != 1:
        return False
    declared = Declared(parent.parent)
    outer = function_of(parent.parent)
    for node in identifiers(file, outer, file.text(names[0])) if outer is not None else ():
        at = lookup(file, node, file.text(node))
        if at is None or at.node != declared.node or node == names[0]:
            continue
        call = node.parent
        if call.type != "call_expression" or call.child_by_field_name("function") != node:
            return False
    return True


def _starts(file: GoFile, call: Node) -> bool:
    """Whether a call is ``wg.Go(f)`` of the standard library or ``g.Go(f)`` of an errgroup."""
    called = call.child_by_field_name("function")
    if called.type != "selector_expression" or file.text(called.child_by_field_name("field")) != "Go":
        return False
    receiver = called.child_by_field_name("operand")
    declared = lookup(file, receiver, file.text(receiver)) if receiver.type == "identifier" else None
    if declared is None:
        return False
    written, value = declared.node.child_by_field_name("type"), value_of(declared)
    text = file.text(written if written is not None else value if value is not None else declared.node)
    name = text.lstrip("*&").partition("(")[0].partition("{")[0].split(" ")[-1]
    package = file.imports.get(name.partition(".")[0])
    # Groups of others may keep what they cannot start yet.
    return (package, name.partition(".")[2]) in _STARTING
