"""Who makes a value with a goroutine behind it, and drops it without ending the goroutine."""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.fixes.model import Target
from goleak_lsp.fixes.paths import error_check, function_name
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import in_loop
from goleak_lsp.golang.names import function_of, lookup, statement_around
from goleak_lsp.golang.package import Located
from goleak_lsp.golang.scope import identifiers
from goleak_lsp.golang.syntax import GoFile, Node


class Made(Frozen):
    """The statement that makes a value for its own function, the value's name, and where a ``defer`` goes."""

    where: Located
    name: str
    behind: Node


def receiver_of(file: GoFile, method: Node) -> tuple[str, str] | None:
    """The name and the type of a method's receiver."""
    declared = method.child_by_field_name("receiver").named_children
    name = declared[0].child_by_field_name("name") if declared else None
    written = declared[0].child_by_field_name("type") if declared else None
    if name is None or written is None:
        return None
    base = written.named_children[0] if written.type == "pointer_type" else written
    base = base.child_by_field_name("type") if base.type == "generic_type" else base
    return file.text(name), file.text(base)


def methods_of(target: Target, type_name: str) -> Iterator[Located]:
    """The methods of a type of the package, those without a body left out."""
    for found in target.package.functions():
        if found.node.type == "method_declaration" and found.node.child_by_field_name("body") is not None:
            receiver = receiver_of(found.file, found.node)
            if receiver is not None and receiver[1] == type_name:
                yield found


def makers(target: Target, type_name: str) -> Iterator[Made]:
    """Statements that make a value of the type: by its literal, or by a function that returns one."""
    functions = (f for f in target.package.functions() if gives(f, type_name))
    makers = [f.file.text(f.node.child_by_field_name("name")) for f in functions]
    for use in target.package.mentions(type_name, *makers):
        file, node = use.file, statement_around(use.node)
        if node.type != "short_var_declaration" or node.parent.type != "statement_list":
            continue
        names = node.child_by_field_name("left").named_children
        values = node.child_by_field_name("right").named_children
        if len(values) != 1 or len(names) > 2 or not makes(target, file, values[0], type_name):
            continue
        behind = node if len(names) == 1 else error_check(file, node, file.text(names[1]))
        if behind is not None:
            yield Made(Located(use.path, file, node), file.text(names[0]), behind)


def makes(target: Target, file: GoFile, value: Node, type_name: str) -> bool:
    """Whether an expression makes a value of the type: its literal, or a call that gives one."""
    if value.type == "unary_expression":
        value = value.child_by_field_name("operand")
    if value.type == "composite_literal":
        return file.text(value.child_by_field_name("type")).partition("[")[0] == type_name
    if value.type != "call_expression":
        return False
    callee = target.package.callee(file, value)
    return callee is not None and gives(callee, type_name)


def gives(function: Located, type_name: str) -> bool:
    """Whether the first result of a function is of the type, or a pointer to it."""
    result = function.node.child_by_field_name("result")
    if result is None:
        return False
    first = result.named_children[0] if result.type == "parameter_list" and result.named_children else result
    first = first.child_by_field_name("type") if first.type == "parameter_declaration" else first
    return function.file.text(first).lstrip("*").partition("[")[0] == type_name


def is_dropped(made: Made, method: str, blocked: str) -> bool:
    """Whether the function only calls methods and reads fields of the value, and never ``method``.

    It may start the method that is ``blocked`` itself.
    """
    file, node = made.where.file, made.where.node
    function = function_of(node)
    if function is None or in_loop(node) or node.parent.parent.parent != function:
        return False
    started = False
    for use in identifiers(file, function, made.name):
        declared = lookup(file, use, made.name)
        if declared is None or declared.node != node or use.parent.parent == node:
            continue
        if function_of(use) != function or not _is_plain(file, use, method, blocked):
            return False
        started = True
    return started or node.child_by_field_name("right").named_children[0].type == "call_expression"


def _is_plain(file: GoFile, use: Node, method: str, blocked: str) -> bool:
    """Whether it is a call of another method, or a field that is not handed on."""
    selector = use.parent
    field = file.text(selector.child_by_field_name("field")) if selector.type == "selector_expression" else method
    if field == method:
        return False
    outer = selector.parent
    if outer.type == "call_expression" and outer.child_by_field_name("function") == selector:
        return outer.parent.type != "go_statement" or blocked.endswith(f".{field}")
    return outer.type not in ("expression_list", "argument_list")


def maker_name(made: Made) -> str:
    """The function that makes the value, as a title names it."""
    return function_name(made.where.file, function_of(made.where.node))
