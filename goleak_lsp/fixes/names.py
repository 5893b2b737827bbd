"""What the names at a statement mean: declarations scope by scope, contexts, elements of channels.

All by what one file says. Whatever it does not say is None, and then nothing is offered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from goleak_lsp.golang.syntax import GoFile, Node

_FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration of one name: its node, and the number of the name among those that it declares."""

    node: Node
    index: int = 0


Scope = dict[str, Declared]


def scopes(file: GoFile, node: Node) -> list[Scope]:
    """The declarations that ``node`` sees, one mapping a Go block, the innermost first."""
    found: list[Scope] = [{}]
    at = node
    while (parent := at.parent) is not None:
        if parent.type == "statement_list":
            _add_siblings(file, parent, at, found[-1])
        elif parent.type == "source_file":
            for child in parent.named_children:
                _add(file, child, found[-1])
        else:
            _add_header(file, parent, at, found[-1])
        # A function's parameters and a case's variable share the block of the body.
        shared = parent.type == "block" and parent.parent.type in _FUNCTIONS
        if found[-1] and parent.type != "statement_list" and not shared:
            found.append({})
        at = parent
    return found


def lookup(file: GoFile, node: Node, name: str) -> Declared | None:
    """The declaration that ``name`` means at ``node``, if this file has it."""
    return next((scope[name] for scope in scopes(file, node) if name in scope), None)


def _add_siblings(file: GoFile, block: Node, before: Node, scope: Scope) -> None:
    for sibling in block.named_children:
        if sibling.start_byte >= before.start_byte:
            return
        _add(file, sibling, scope)


def _add_header(file: GoFile, parent: Node, at: Node, scope: Scope) -> None:
    """Names that the header of a statement or a function gives to its body."""
    if parent.type in _FUNCTIONS:
        for child in parent.named_children:
            if child.type in ("parameter_list", "type_parameter_list"):
                _add_parameters(file, child, scope)
        return
    if parent.type == "type_case":
        alias = parent.parent.child_by_field_name("alias")
        if alias is not None:
            _add_names(file, alias.named_children, alias, scope)
    for child in parent.named_children:
        if child.start_byte >= at.start_byte:
            return
        if child.type in ("short_var_declaration", "receive_statement", "range_clause"):
            _add(file, child, scope)
        elif child.type == "for_clause":
            for inner in child.named_children:
                _add(file, inner, scope)


def _add(file: GoFile, node: Node, scope: Scope) -> None:
    if node.type in ("short_var_declaration", "receive_statement", "range_clause"):
        left = node.child_by_field_name("left")
        if left is not None and any(c.type == ":=" for c in node.children):
            _add_names(file, left.named_children, node, scope)
    elif node.type in ("var_declaration", "const_declaration", "type_declaration", "var_spec_list"):
        for child in node.named_children:
            if child.type == "var_spec_list":
                _add(file, child, scope)
            else:
                _add_names(file, child.children_by_field_name("name"), child, scope)
    elif node.type in ("function_declaration",):
        _add_names(file, node.children_by_field_name("name"), node, scope)


def _add_parameters(file: GoFile, group: Node, scope: Scope) -> None:
    for declared in group.named_children:
        _add_names(file, declared.children_by_field_name("name"), declared, scope)


def _add_names(file: GoFile, names: list[Node], node: Node, scope: Scope) -> None:
    for index, name in enumerate(names):
        text = file.text(name)
        # ``a, err :=`` declares only what its block does not have; the first declaration gives the type.
        if text != "_" and (text not in scope or node.type != "short_var_declaration"):
            scope[text] = Declared(node, index)


def value_of(declared: Declared) -> Node | None:
    """The expression that a declaration gives the name, or the call that gives it with others."""
    right = declared.node.child_by_field_name("right") or declared.node.child_by_field_name("value")
    values = right.named_children if right is not None else []
    if len(values) == 1:
        return values[0]
    return values[declared.index] if declared.index < len(values) else None


def type_of(declared: Declared) -> Node | None:
    """The type that a declaration writes."""
    if declared.node.type in ("parameter_declaration", "var_spec"):
        return declared.node.child_by_field_name("type")
    return None


def contexts(file: GoFile, node: Node) -> Iterator[str]:
    """Expressions for contexts that can end while ``node`` waits, nearest first: names, then
    those of requests and of fields."""
    seen: set[str] = set()
    later: list[str] = []
    for scope in scopes(file, node)[:-1]:
        for name, declared in reversed(scope.items()):
            if name in seen:
                continue
            seen.add(name)
            if _can_end(file, declared, node):
                yield name
            else:
                later += _contexts_of(file, name, declared)
    yield from later


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
    place = _statement_around(call)
    declared = lookup(file, place, file.text(parent))
    return declared is not None and _can_end(file, declared, place)


def function_of(node: Node) -> Node | None:
    """The declaration or literal that ``node`` stands in: what ``return`` would leave."""
    at = node if node.type == "parameter_declaration" else node.parent
    while at is not None and at.type not in _FUNCTIONS:
        at = at.parent
    return at


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


def struct_fields(file: GoFile, base: Node) -> dict[str, Node]:
    """The types of the fields of a plain struct type that this file declares, by name."""
    if base.type != "type_identifier":
        return {}
    declared = lookup(file, base, file.text(base))
    struct = declared.node.child_by_field_name("type") if declared and declared.node.type == "type_spec" else None
    if struct is None or struct.type != "struct_type" or declared.node.child_by_field_name("type_parameters"):
        return {}
    return {
        file.text(name): field.child_by_field_name("type")
        for field in struct.named_children[0].named_children
        for name in field.children_by_field_name("name")
    }


def element_type(file: GoFile, channel: Node | None) -> str | None:
    """The type of a channel's elements, if this file tells and it means the same at ``channel``."""
    if channel is None:
        return None
    written = _type_of_expression(file, channel)
    element = written.child_by_field_name("value") if written is not None and written.type == "channel_type" else None
    if element is None or b"\n" in element.text or not _means_the_same(file, element, channel):
        return None
    return file.text(element)


def _type_of_expression(file: GoFile, node: Node) -> Node | None:
    """The type of a name, of a field of one, or of a call of a function of this file, as written."""
    if node.type == "selector_expression":
        operand = _type_of_expression(file, node.child_by_field_name("operand"))
        if operand is None:
            return None
        base = operand.named_children[0] if operand.type == "pointer_type" else operand
        return struct_fields(file, base).get(file.text(node.child_by_field_name("field")))
    if node.type == "call_expression":
        return _type_of_call(file, node)
    if node.type == "composite_literal":
        return node.child_by_field_name("type")
    if node.type == "unary_expression" and node.children[0].type == "&":
        return _type_of_expression(file, node.child_by_field_name("operand"))
    declared = lookup(file, _statement_around(node), file.text(node)) if node.type == "identifier" else None
    if declared is None:
        return None
    value = value_of(declared)
    return type_of(declared) or (_type_of_expression(file, value) if value and declared.index == 0 else None)


def _type_of_call(file: GoFile, call: Node) -> Node | None:
    called = call.child_by_field_name("function")
    if called.type != "identifier":
        return None
    if file.text(called) == "make":
        arguments = call.child_by_field_name("arguments").named_children
        return arguments[0] if arguments else None
    declared = lookup(file, _statement_around(call), file.text(called))
    if declared is None or declared.node.type != "function_declaration":
        return None
    return None if declared.node.child_by_field_name("type_parameters") else declared.node.child_by_field_name("result")


def _statement_around(node: Node) -> Node:
    """The statement that holds an expression, from which the names before it are seen."""
    at = node
    while at.parent is not None and at.parent.type not in ("statement_list", "source_file", *_FUNCTIONS):
        if at.parent.type in ("for_statement", "if_statement", "communication_case"):
            break
        at = at.parent
    return at


def _means_the_same(file: GoFile, element: Node, place: Node) -> bool:
    """Whether no variable hides a type or package name of ``element`` at ``place``."""
    stack = [element]
    while stack:
        node = stack.pop()
        stack.extend(node.named_children)
        if node.type in ("type_identifier", "package_identifier"):
            declared = lookup(file, place, file.text(node))
            if declared is not None and declared.node.type not in (
                "type_spec",
                "type_alias",
                "type_parameter_declaration",
            ):
                return False
    return True
