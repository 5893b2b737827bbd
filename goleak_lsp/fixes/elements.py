"""The type of a channel's elements, as far as one file says it. What it does not say is None."""

from __future__ import annotations

from goleak_lsp.golang.names import lookup, means_the_same, statement_around, struct_fields, type_of, value_of
from goleak_lsp.golang.syntax import GoFile, Node


def element_type(file: GoFile, channel: Node | None) -> str | None:
    """The type of a channel's elements, if this file tells and it means the same at ``channel``."""
    if channel is None:
        return None
    written = _type_of_expression(file, channel)
    element = written.child_by_field_name("value") if written is not None and written.type == "channel_type" else None
    if element is None or b"\n" in element.text or not means_the_same(file, element, channel):
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
    declared = lookup(file, statement_around(node), file.text(node)) if node.type == "identifier" else None
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
    declared = lookup(file, statement_around(call), file.text(called))
    if declared is None or declared.node.type != "function_declaration":
        return None
    return None if declared.node.child_by_field_name("type_parameters") else declared.node.child_by_field_name("result")
