"""What the names at a statement mean, scope by scope, as far as one file says it."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.syntax import GoFile, Node

FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")


class Declared(Frozen):
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
            found[-1] = found[-1] | _of_file(file) if found[-1] else _of_file(file)
        else:
            _add_header(file, parent, at, found[-1])
        # A function's parameters and a case's variable share the block of the body.
        shared = parent.type == "block" and parent.parent.type in FUNCTIONS
        if found[-1] and parent.type != "statement_list" and not shared:
            found.append({})
        at = parent
    return found


_FILES: WeakKeyDictionary[GoFile, Scope] = WeakKeyDictionary()


def _of_file(file: GoFile) -> Scope:
    """What a file declares outside functions; every name in it is looked up there in the end."""
    if file not in _FILES:
        scope: Scope = {}
        for child in file.root.named_children:
            _add(file, child, scope)
        _FILES[file] = scope
    return _FILES[file]


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
    if parent.type in FUNCTIONS:
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


def function_of(node: Node) -> Node | None:
    """The declaration or literal that ``node`` stands in: what ``return`` would leave."""
    at = node if node.type == "parameter_declaration" else node.parent
    while at is not None and at.type not in FUNCTIONS:
        at = at.parent
    return at


def statement_around(node: Node) -> Node:
    """The statement that holds an expression, from which the names before it are seen."""
    at = node
    while at.parent is not None and at.parent.type not in ("statement_list", "source_file", *FUNCTIONS):
        if at.parent.type in ("for_statement", "if_statement", "communication_case"):
            break
        at = at.parent
    return at


def struct_fields(file: GoFile, base: Node) -> dict[str, Node]:
    """The types of the fields of a struct type that this file declares, by name.

    Those of a generic type only where ``base`` names its parameters as the declaration does.
    """
    name = base.child_by_field_name("type") if base.type == "generic_type" else base
    if name.type != "type_identifier":
        return {}
    declared = lookup(file, name, file.text(name))
    struct = declared.node.child_by_field_name("type") if declared and declared.node.type == "type_spec" else None
    if struct is None or struct.type != "struct_type" or _arguments(file, base) != _parameters(file, declared.node):
        return {}
    return {
        file.text(name): field.child_by_field_name("type")
        for field in struct.named_children[0].named_children
        for name in field.children_by_field_name("name")
    }


def _arguments(file: GoFile, base: Node) -> list[str]:
    arguments = base.child_by_field_name("type_arguments") if base.type == "generic_type" else None
    return [file.text(a) for a in arguments.named_children] if arguments is not None else []


def _parameters(file: GoFile, spec: Node) -> list[str]:
    parameters = spec.child_by_field_name("type_parameters")
    declared = parameters.named_children if parameters is not None else []
    return [file.text(name) for p in declared for name in p.children_by_field_name("name")]


def means_the_same(file: GoFile, element: Node, place: Node) -> bool:
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
