"""The statement that a blocked operation stands in, if it is of a form that a select can take over."""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.syntax import GoFile, Node, Operation

SEND, BARE, DEFINE, VAR, ASSIGN, RETURN, RANGE, SELECT = (
    "send", "bare", "define", "var", "assign", "return", "range", "select",
)  # fmt: skip

_FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")
_PLACES = ("statement_list", "labeled_statement")


class Statement(Frozen):
    """A statement on lines of its own, or alone in the one-line body of a closure.

    ``channel`` is the channel's expression (None for a select), ``names`` what the statement
    declares, ``receive`` the ``<-`` expression of a form that has one; ``function`` is what
    ``return`` would leave there.
    """

    form: str
    node: Node
    function: Node
    channel: Node | None = None
    names: tuple[Node, ...] = ()
    receive: Node | None = None


def walk(node: Node, *, into_closures: bool = True) -> Iterator[Node]:
    """``node`` and all below it, in source order."""
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        if into_closures or at is node or at.type != "func_literal":
            stack.extend(reversed(at.named_children))


def statement_of(file: GoFile, operation: Operation) -> Statement | None:
    """The statement of ``operation``; None where it is part of a larger one or shares its line."""
    node = _climb(file.node_at(operation.start, operation.end))
    if node is None or node.parent is None or node.parent.type not in _PLACES:
        return None
    function = function_of(node)
    if function is None or _jumps(function):
        return None
    found = _READERS[node.type](file, node, function)
    if found is None or not _is_meant(file, found, operation):
        return None
    return found


def _climb(node: Node | None) -> Node | None:
    while node is not None and node.type not in _READERS:
        # A closure or a statement with a header of its own hides the operation.
        if node.type in _FUNCTIONS or node.type == "block":
            return None
        if node.type.endswith("_statement") and node.type != "receive_statement":
            return None
        node = node.parent
    while node is not None and node.parent is not None and node.parent.type == "communication_case":
        if node.parent.child_by_field_name("communication") != node:
            break
        node = node.parent.parent
    return node


def _jumps(function: Node) -> bool:
    """A ``goto`` must not jump over a declaration, which some fixes insert."""
    return any(n.type == "goto_statement" for n in walk(function))


def _is_meant(file: GoFile, found: Statement, operation: Operation) -> bool:
    """Whether the statement's own communication is the operation, and not one inside its value."""
    if found.form == SELECT:
        return True
    wanted = {SEND: "chan-send", RANGE: "chan-range"}.get(found.form, "chan-receive")
    if operation.kind != wanted:
        return False
    inner = found.receive or found.node
    return operation.start == inner.start_byte


def _send(file: GoFile, node: Node, function: Node) -> Statement | None:
    if node.parent.type == "labeled_statement":
        return None
    return Statement(SEND, node, function, node.child_by_field_name("channel"))


def _expression(file: GoFile, node: Node, function: Node) -> Statement | None:
    return _receiving(BARE, node, function, node.named_children[0])


def _define(file: GoFile, node: Node, function: Node) -> Statement | None:
    left = node.child_by_field_name("left")
    return _receiving(DEFINE, node, function, _only(node.child_by_field_name("right")), left.named_children)


def _var(file: GoFile, node: Node, function: Node) -> Statement | None:
    spec = node.named_children[0] if node.named_children else None
    if spec is None or spec.type != "var_spec" or b"(" in file.data[node.start_byte : spec.start_byte]:
        return None
    names = spec.children_by_field_name("name")
    return _receiving(VAR, node, function, _only(spec.child_by_field_name("value")), names)


def _assign(file: GoFile, node: Node, function: Node) -> Statement | None:
    operator = node.child_by_field_name("operator")
    if operator is None or file.text(operator) != "=":
        return None
    return _receiving(ASSIGN, node, function, _only(node.child_by_field_name("right")))


def _return(file: GoFile, node: Node, function: Node) -> Statement | None:
    lists = node.named_children
    return _receiving(RETURN, node, function, _only(lists[0]) if lists else None)


def _receiving(
    form: str, node: Node, function: Node, value: Node | None, names: list[Node] | tuple[Node, ...] = ()
) -> Statement | None:
    if value is None or value.type != "unary_expression" or node.parent.type == "labeled_statement":
        return None
    if value.children[0].type != "<-":
        return None
    return Statement(form, node, function, value.child_by_field_name("operand"), tuple(names), value)


def _only(expressions: Node | None) -> Node | None:
    if expressions is None or len(expressions.named_children) != 1:
        return None
    return expressions.named_children[0]


def _range(file: GoFile, node: Node, function: Node) -> Statement | None:
    clause = next((c for c in node.named_children if c.type == "range_clause"), None)
    if clause is None:
        return None
    left = clause.child_by_field_name("left")
    if left is not None and not any(c.type == ":=" for c in clause.children):
        return None
    names = tuple(left.named_children) if left is not None else ()
    return Statement(RANGE, node, function, clause.child_by_field_name("right"), names)


def _select(file: GoFile, node: Node, function: Node) -> Statement | None:
    cases = [c.type for c in node.named_children]
    blocks = "communication_case" in cases and "default_case" not in cases
    return Statement(SELECT, node, function) if blocks else None


_READERS = {
    "send_statement": _send,
    "expression_statement": _expression,
    "short_var_declaration": _define,
    "var_declaration": _var,
    "assignment_statement": _assign,
    "return_statement": _return,
    "for_statement": _range,
    "select_statement": _select,
    "receive_statement": lambda file, node, function: None,
}
