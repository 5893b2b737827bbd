"""What a blocking operation waits for: the expressions of its channels, lock or group."""

from __future__ import annotations

from goleak_lsp.golang.syntax import GoFile, Node, Operation

WAKERS = {
    "chan-send": ("receive", "range", "close"),
    "chan-receive": ("send", "close"),
    "chan-range": ("send", "close"),
    "wait": ("done", "add"),
    "mutex-lock": ("unlock",),
    "rwmutex-rlock": ("unlock",),
}
"""What others do to wake one who is blocked so, by the operation's kind."""

_OWN = {
    "send_statement": "channel",
    "unary_expression": "operand",
    "range_clause": "right",
}


def operands(file: GoFile, operation: Operation) -> list[tuple[str, Node]]:
    """Pairs of kind and expression; several for a select; empty where nothing can be told."""
    if operation.kind == "select":
        return [] if operation.has_default else _cases(file, operation)
    if operation.kind not in WAKERS or operation.in_select:
        return []
    node = _node_of(file, operation)
    return [(operation.kind, node)] if node is not None else []


def _node_of(file: GoFile, operation: Operation) -> Node | None:
    node = file.node_at(operation.start, operation.end)
    if operation.kind == "chan-range":
        node = file.node_at(operation.end - 1, operation.end)
        while node is not None and node.type != "range_clause":
            node = node.parent
    if node is None:
        return None
    if node.type in _OWN:
        return node.child_by_field_name(_OWN[node.type])
    called = node.child_by_field_name("function") if node.type == "call_expression" else None
    return called.child_by_field_name("operand") if called is not None else None


def _cases(file: GoFile, select: Operation) -> list[tuple[str, Node]]:
    node = file.node_at(select.start, select.start + 1)
    while node is not None and node.type != "select_statement":
        node = node.parent
    found = []
    for case in node.named_children if node is not None else ():
        if case.type == "communication_case":
            channel, kind = _channel(case.child_by_field_name("communication"))
            if channel is None:
                return []
            found.append((kind, channel))
    return found


def _channel(communication: Node) -> tuple[Node | None, str]:
    if communication.type == "send_statement":
        return communication.child_by_field_name("channel"), "chan-send"
    value = communication.child_by_field_name("right") or communication
    if value.type in ("expression_statement", "expression_list") and value.named_children:
        value = value.named_children[0]
    return value.child_by_field_name("operand"), "chan-receive"
