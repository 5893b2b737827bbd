"""Everything that is done with a channel that a function makes for itself.

Sound before complete: a use that is not understood counts as an escape.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.syntax import Function, GoFile, Node

_FUNCTIONS = ("function_declaration", "method_declaration", "func_literal")
_DECLARING = ("short_var_declaration", "range_clause", "receive_statement")
_LOOPS = ("for_statement",)


class Use(Frozen):
    """One use of a channel: ``send``, ``receive``, ``range``, ``close``, ``size`` or ``escape``."""

    kind: str
    function: int
    start: int
    end: int
    with_default: bool = False


class Channel(Frozen):
    """A channel that a function makes for itself.

    ``scope`` is the index of the declaring function; ``make`` the span of the call and
    ``capacity`` the source of its second argument. ``loop`` is the start of the innermost
    loop around the declaration, or None.
    """

    name: str
    scope: int
    make: tuple[int, int]
    capacity: str
    uses: tuple[Use, ...]
    loop: int | None

    @property
    def escapes(self) -> bool:
        """Whether anything but communication and ``close`` is done with it."""
        return any(use.kind == "escape" for use in self.uses)


def channel_info(file: GoFile, function: Function, name: str, offset: int) -> Channel | None:
    """The channel that the plain ``name`` means at ``offset``, if it is made in this function or
    one around it by ``name := make(chan …)`` and declared once; else None."""
    if not name.isidentifier():
        return None
    at: Function | None = function
    while at is not None:
        node = node_of(file, at)
        if _is_parameter(file, node, name):
            return None
        declared = _declarations(file, node, name, at.index)
        if declared:
            return _channel(file, at, node, name, declared, offset)
        at = file.functions[at.outer] if at.outer is not None else None
    return None


def node_of(file: GoFile, function: Function) -> Node:
    """The syntax node of a function."""
    node = file.node_at(function.start, function.end)
    while node is not None and node.type not in _FUNCTIONS:
        node = node.parent
    return node


def _channel(file: GoFile, at: Function, node: Node, name: str, declared: list[Node], offset: int) -> Channel | None:
    declaration = declared[0]
    # Two declarations of one name would need scopes to be told apart.
    if len(declared) != 1 or declaration.start_byte > offset or _declared_inside(file, at, name):
        return None
    make = _made(file, declaration)
    if make is None:
        return None
    arguments = make.child_by_field_name("arguments").named_children
    uses = tuple(
        _use(file, n)
        for n in identifiers(file, node, name)
        if not _within(n, declaration.child_by_field_name("left") or declaration.child_by_field_name("name"))
    )
    capacity = file.text(arguments[1]) if len(arguments) > 1 else ""
    return Channel(name, at.index, (make.start_byte, make.end_byte), capacity, uses, loop_around(declaration, node))


def _declared_inside(file: GoFile, outer: Function, name: str) -> bool:
    """Whether a literal inside declares the name too, or takes it as a parameter."""
    for function in file.functions:
        if function.start > outer.start and function.end <= outer.end:
            node = node_of(file, function)
            if _is_parameter(file, node, name) or _declarations(file, node, name, function.index):
                return True
    return False


def _within(node: Node, outer: Node | None) -> bool:
    return outer is not None and outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


def _is_parameter(file: GoFile, function: Node, name: str) -> bool:
    for field in ("parameters", "receiver", "result"):
        group = function.child_by_field_name(field)
        for declared in group.named_children if group is not None else ():
            if any(file.text(n) == name for n in declared.children_by_field_name("name")):
                return True
    return False


def _declarations(file: GoFile, function: Node, name: str, index: int) -> list[Node]:
    found = []
    for node in identifiers(file, function, name):
        owner = file.function_at(node.start_byte)
        if owner is None or owner.index != index:
            continue
        parent = node.parent
        if parent.type == "expression_list" and parent.parent.type in _DECLARING:
            if parent.parent.child_by_field_name("left") == parent:
                found.append(parent.parent)
        elif parent.type in ("var_spec", "const_spec") and node in parent.children_by_field_name("name"):
            found.append(parent)
    return found


def below(node: Node) -> Iterator[Node]:
    """``node`` and all below it, in source order."""
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        stack.extend(reversed(at.named_children))


def identifiers(file: GoFile, node: Node, name: str) -> list[Node]:
    """Every identifier ``name`` in ``node``, in source order, whatever it means there."""
    found = file.identifiers.get(name, [])
    first = bisect_left(found, node.start_byte, key=_start)
    return found[first : bisect_left(found, node.end_byte, key=_start)]


def _start(node: Node) -> int:
    return node.start_byte


def _made(file: GoFile, declaration: Node) -> Node | None:
    """The ``make(chan T)`` that a declaration of one name gives it."""
    names = declaration.child_by_field_name("left") or declaration
    value = declaration.child_by_field_name("right") or declaration.child_by_field_name("value")
    one_name = declaration.type == "var_spec" or len(names.named_children) == 1
    if value is None or not one_name or len(value.named_children) != 1:
        return None
    call = value.named_children[0]
    if call.type != "call_expression" or file.text(call.child_by_field_name("function")) != "make":
        return None
    arguments = call.child_by_field_name("arguments").named_children
    return call if arguments and arguments[0].type == "channel_type" else None


def _use(file: GoFile, node: Node) -> Use:
    kind, whole = use_kind(file, node)
    function = file.function_at(node.start_byte)
    case = whole
    while case is not None and case.type not in ("communication_case", "statement_list", "block"):
        case = case.parent
    default = (
        case is not None
        and case.type == "communication_case"
        and any(c.type == "default_case" for c in case.parent.named_children)
    )
    return Use(kind, function.index if function else -1, whole.start_byte, whole.end_byte, default)


def use_kind(file: GoFile, node: Node) -> tuple[str, Node]:
    """What is done with the channel ``node``, and the statement or expression that does it."""
    parent = node.parent
    if parent.type == "send_statement" and parent.child_by_field_name("channel") == node:
        return "send", parent
    if parent.type == "unary_expression" and parent.children[0].type == "<-":
        return "receive", parent
    if parent.type == "range_clause" and parent.child_by_field_name("right") == node:
        return "range", parent
    if parent.type == "argument_list" and parent.parent.type == "call_expression":
        called = file.text(parent.parent.child_by_field_name("function"))
        if called == "close":
            return "close", parent.parent
        if called in ("len", "cap"):
            return "size", parent.parent
    return "escape", node


def loop_around(node: Node, function: Node) -> int | None:
    """The start of the innermost loop around ``node`` within its function, or None."""
    at = node.parent
    while at is not None and at.id != function.id:
        if at.type in _LOOPS:
            return at.start_byte
        at = at.parent
    return None
