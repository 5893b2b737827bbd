"""A call of a function that blocks whatever it is given, with values that the test makes up.

Only where nothing that the test cannot know decides: the operation waits for somebody outside the
function, and no condition stands before it or around it.
"""

from __future__ import annotations

import re

from goleak_lsp.fixes.model import Target
from goleak_lsp.fixes.statement import walk
from goleak_lsp.golang.package import Located, Package, parameters
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.leaktest.scenario import Scenario
from goleak_lsp.leaktest.values import PATHS, Values

_PLAIN = {
    "block", "statement_list", "expression_statement", "short_var_declaration", "assignment_statement",
    "send_statement", "expression_list", "var_declaration", "var_spec", "unary_expression", "select_statement",
    "go_statement", "call_expression", "func_literal", "parenthesized_expression", "range_clause", "defer_statement",
    "receive_statement", "communication_case", "selector_expression", "function_declaration", "method_declaration",
}  # fmt: skip
"""What may stand around the operation: nothing in it decides whether it is reached."""

_KINDS = ("chan-send", "chan-receive", "chan-range")


def direct(function: Located, target: Target, package: Package) -> Scenario | None:
    """The call of ``function``, in a goroutine of its own, and the end of its context."""
    file, node = function.file, function.node
    if target.kind not in _KINDS or target.channel is None or node.child_by_field_name("type_parameters") is not None:
        return None
    given = _given(file, node)
    root = re.match(r"\w+", file.text(target.channel))
    holds = target.path == function.path and node.start_byte <= target.operation.start < node.end_byte
    if not holds or root is None or root[0] not in given or not _is_reached(target.node, node):
        return None
    values = Values(package)
    call = _call(function, given, values)
    if call is None:
        return None
    return _scenario(call, values)


def _scenario(call: str, values: Values) -> Scenario:
    lines = [f"go {call}"]
    if re.search(r"\bctx\b", call):
        lines = [
            "ctx, cancel := context.WithCancel(context.Background())", *lines,
            "time.Sleep(10 * time.Millisecond)", "cancel()",
        ]  # fmt: skip
    doubles = tuple(line for double in values.doubles.values() for line in double)
    text = "\n".join([*lines, *doubles])
    files = values.declarations.files.values()
    known = {name: path for file in files for name, path in file.imports.items()} | PATHS
    imports = {name: path for name, path in known.items() if re.search(rf"(?<![\w.\"]){re.escape(name)}\.\w", text)}
    return Scenario(tuple(lines), imports, doubles)


def _given(file: GoFile, node: Node) -> dict[str, Node]:
    """The types of the receiver and the parameters by name."""
    receiver = node.child_by_field_name("receiver")
    found = parameters(file, node)
    for declared in receiver.named_children if receiver is not None else ():
        found += [(file.text(n), declared.child_by_field_name("type")) for n in declared.children_by_field_name("name")]
    return dict(found)


def _call(function: Located, given: dict[str, Node], values: Values) -> str | None:
    file, node = function.file, function.node
    if any(p.type == "variadic_parameter_declaration" for p in node.child_by_field_name("parameters").named_children):
        return None
    arguments = [values.of(file, kind) for _, kind in parameters(file, node)]
    name = file.text(node.child_by_field_name("name"))
    receiver = node.child_by_field_name("receiver")
    if receiver is not None:
        kind = receiver.named_children[0].child_by_field_name("type")
        value = values.of(file, kind)
        if value is None:
            return None
        name = f"({value}).{name}" if value.startswith("&") else f"{value}.{name}"
    return None if None in arguments else f"{name}({', '.join(arguments)})"


def _is_reached(operation: Node, function: Node) -> bool:
    """Whether nothing decides that the operation is reached, and nothing before it may end or block the call."""
    at = operation
    while at is not None and at.id != function.id:
        if at.type == "for_statement":
            head = [c for c in at.named_children if c.type not in ("block", "comment")]
            if head and at.id != operation.id and operation.parent.id != at.id:
                return False
        elif at.type not in _PLAIN and at.type != "default_case":
            return False
        if at.parent is not None and at.parent.type == "statement_list" and not _lets_through(at):
            return False
        if at.type == "communication_case" and not _is_within(operation, at.child_by_field_name("communication")):
            return False
        at = at.parent
    return at is not None


_MAY_STOP = {
    "return_statement", "break_statement", "continue_statement", "goto_statement", "call_expression", "send_statement",
    "for_statement", "select_statement", "if_statement",
}  # fmt: skip


def _lets_through(statement: Node) -> bool:
    """Whether no statement before this one in its block may end the call, fail or block."""
    for other in statement.parent.named_children:
        if other.start_byte >= statement.start_byte:
            return True
        if other.type not in ("go_statement", "defer_statement") and any(
            n.type in _MAY_STOP and not _is_made(n) for n in walk(other, into_closures=False)
        ):
            return False
    return True


def _is_made(node: Node) -> bool:
    """Whether a call is one of ``make``, ``len`` and their like, which do nothing else."""
    called = node.child_by_field_name("function") if node.type == "call_expression" else None
    return called is not None and called.text in (b"make", b"len", b"cap", b"new", b"append")


def _is_within(inner: Node, outer: Node | None) -> bool:
    return outer is not None and outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte
