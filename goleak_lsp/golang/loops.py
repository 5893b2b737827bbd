"""Loops: whether an operation is repeated, and whether a loop can ever be left."""

from __future__ import annotations

from goleak_lsp.golang.syntax import Function, GoFile, Node, Operation

_FUNCTIONS = ("function_declaration", "method_declaration", "func_literal")
_BREAKABLE = ("for_statement", "expression_switch_statement", "type_switch_statement", "select_statement")
_BLOCKS = ("send_statement", "go_statement")
_LEAVES = (b"panic(", b"os.Exit(", b"runtime.Goexit(", b"log.Fatal")
_TURNS = ("chan-range",)


def is_repeated(file: GoFile, operation: Operation) -> bool:
    """Whether the operation waits again and again: it ranges over a channel or stands in a loop."""
    return operation.kind in _TURNS or _loop_around(file.node_at(operation.start, operation.end)) is not None


def has_exit(file: GoFile, select: Operation) -> bool:
    """Whether one of the cases of a select returns from the function, so that who closes it can stop it."""
    node = file.node_at(select.start, select.start + 1)
    while node is not None and node.type != "select_statement":
        node = node.parent
    return node is not None and any(at.type == "return_statement" for at in _own(node))


def _loop_around(node: Node | None) -> Node | None:
    while node is not None and node.type not in _FUNCTIONS:
        if node.type == "for_statement":
            return node
        node = node.parent
    return None


def endless_loop(file: GoFile, function: Function, line: int) -> tuple[int, int] | None:
    """The outermost loop around ``line`` of ``function`` that nothing ends and nothing holds up."""
    found = None
    stack = [file.root]
    while stack:
        node = stack.pop()
        if not node.start_point.row < line <= node.end_point.row + 1:
            continue
        if node.type == "for_statement" and file.function_at(node.start_byte) == function and _spins(file, node):
            # Children come after their parents, so the first one found is the outermost.
            found = found or (node.start_byte, node.start_byte + len("for"))
        stack.extend(node.named_children)
    return found


def _spins(file: GoFile, loop: Node) -> bool:
    return (_only_asks(loop) or not _ends(file, loop)) and not _holds_up(file, loop)


def _only_asks(loop: Node) -> bool:
    """Whether nothing but the condition stands in a loop: it waits for others, and burns a processor meanwhile."""
    body = loop.child_by_field_name("body")
    return body is not None and all(node.type == "comment" for node in body.named_children)


def _ends(file: GoFile, loop: Node) -> bool:
    """Whether a loop has a condition that changes, or a statement that leaves it."""
    for child in loop.named_children:
        if child.type == "range_clause":
            return True
        if child.type == "for_clause" and child.child_by_field_name("condition") is not None:
            return True
        if child.type not in ("block", "for_clause", "comment") and file.text(child) != "true":
            return True
    body = loop.child_by_field_name("body")
    return body is None or any(_leaves(file, node, loop) for node in _own(body))


def _own(node: Node) -> list[Node]:
    """All nodes below, function literals left out."""
    found, stack = [], [node]
    while stack:
        at = stack.pop()
        found.append(at)
        if at.type != "func_literal":
            stack.extend(at.named_children)
    return found


def _leaves(file: GoFile, node: Node, loop: Node) -> bool:
    if node.type in ("return_statement", "goto_statement"):
        return True
    if node.type == "break_statement":
        # A labelled break may leave any loop; a plain one the innermost statement that it can.
        return bool(node.named_children) or _innermost(node) == loop
    return node.type == "call_expression" and file.data[node.start_byte : node.end_byte].startswith(_LEAVES)


def _innermost(node: Node) -> Node | None:
    at = node.parent
    while at is not None and at.type not in _BREAKABLE:
        at = at.parent
    return at


def _holds_up(file: GoFile, loop: Node) -> bool:
    """Whether something in a loop can block: then it is no busy one."""
    inside = (op for op in file.operations if loop.start_byte <= op.start < loop.end_byte and not op.in_select)
    if any(not op.has_default and op.kind != "chan-range" for op in inside):
        return True
    return any(_may_wait(file, node) for node in _own(loop))


_QUICK = ("runtime.Gosched", "len", "append", "cap", "min", "max", "copy", "delete")


def _may_wait(file: GoFile, node: Node) -> bool:
    """Whether a call may wait for the world: what is not known may."""
    if node.type != "call_expression":
        return False
    called = file.text(node.child_by_field_name("function"))
    name = called.rpartition(".")[2]
    atomic = name in ("Load", "Add", "Store", "Err", "CompareAndSwap", "Println")
    return not (atomic or called in _QUICK or called.startswith("fmt.Sprint"))
