"""Things that must be closed or cancelled, and are not: by the function that made them.

A value that is returned, stored or handed on is somebody else's to close, so it is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import Declared, function_of, lookup
from goleak_lsp.golang.syntax import GoFile, Node

BODY, DATABASE, ROWS, CLIENT = "body", "database", "rows", "client"
CONTEXT, TRANSPORT = "context", "transport"

_HTTP = ("Get", "Head", "Post", "PostForm")
_GRPC = ("Dial", "DialContext", "NewClient")
_CONTEXTS = tuple(f"With{w}" for w in ("Cancel", "CancelCause", "Timeout", "TimeoutCause", "Deadline", "DeadlineCause"))


class Neglected(Frozen):
    """A call whose result nobody closes: what it makes and the call's span."""

    what: str
    line: int
    start: int
    end: int


def neglected(file: GoFile) -> list[Neglected]:
    """All such calls of a file, in source order."""
    return [Neglected(w, n.start_point.row + 1, n.start_byte, n.end_byte) for w, n in _candidates(file)]


def _candidates(file: GoFile) -> Iterator[tuple[str, Node]]:
    stack = [file.root]
    while stack:
        node = stack.pop()
        stack.extend(reversed(node.named_children))
        if node.type == "call_expression" and (what := _maker(file, node)) and _is_neglected(file, node, what):
            yield what, node
        elif node.type == "composite_literal" and _is_transport(file, node):
            yield TRANSPORT, node


def _maker(file: GoFile, call: Node) -> str:
    """What a call makes that must be closed; empty for others."""
    called = call.child_by_field_name("function")
    if called.type != "selector_expression":
        return ""
    operand, name = called.child_by_field_name("operand"), file.text(called.child_by_field_name("field"))
    package = file.imports.get(file.text(operand)) if operand.type == "identifier" else None
    if package == "net/http":
        return BODY if name in _HTTP else ""
    if package == "database/sql":
        return DATABASE if name in ("Open", "OpenDB") else ""
    if package == "google.golang.org/grpc":
        return CLIENT if name in _GRPC else ""
    if package == "context":
        return CONTEXT if name in _CONTEXTS else ""
    if package is not None:
        return ""
    if name in ("Query", "QueryContext") and "database/sql" in file.imports.values():
        # Values of a URL are asked for with nothing.
        return ROWS if call.child_by_field_name("arguments").named_children else ""
    return BODY if _asks(file, call, file.text(operand), name) else ""


def _asks(file: GoFile, call: Node, operand: str, name: str) -> bool:
    """Whether a client is asked, as far as names tell: its type is seldom written here."""
    if name in _HTTP:
        return "lient" in operand
    arguments = call.child_by_field_name("arguments").named_children
    if name != "Do" or len(arguments) != 1 or "net/http" not in file.imports.values():
        return False
    # What takes a request is a client; a ``sync.Once`` takes a function, and gives nothing back.
    return call.parent.type != "expression_statement" or "lient" in operand


def _is_neglected(file: GoFile, call: Node, what: str) -> bool:
    holder = call.parent
    if holder.type == "expression_statement":
        return True
    declaration = holder.parent if holder.type == "expression_list" else holder
    left = declaration.child_by_field_name("left") or declaration
    if declaration.type not in ("short_var_declaration", "assignment_statement", "var_spec"):
        return False
    names = left.named_children if declaration.type != "var_spec" else declaration.children_by_field_name("name")
    index = 1 if what == CONTEXT else 0
    if index >= len(names) or names[index].type != "identifier":
        return False
    name = file.text(names[index])
    if name == "_":
        return True
    function = function_of(declaration)
    if function is None:
        return False
    return not any(_ends_or_hands_on(file, node, what) for node in _uses(file, function, names[index], name))


def _uses(file: GoFile, function: Node, declared: Node, name: str) -> Iterator[Node]:
    meant = lookup(file, declared.parent.parent, name) or Declared(declared.parent.parent)
    stack = [function]
    while stack:
        node = stack.pop()
        stack.extend(node.named_children)
        if node.type != "identifier" or node == declared or file.text(node) != name:
            continue
        at = lookup(file, node, name)
        # The same name again at a declaration means a new variable, whose uses are its own.
        if at is None or at.node == meant.node or at.node == declared.parent.parent:
            yield node


def _ends_or_hands_on(file: GoFile, node: Node, what: str) -> bool:
    """Whether a use closes the value, or gives it to somebody who may."""
    parent = node.parent
    if what == CONTEXT:
        return True
    if parent.type == "selector_expression" and parent.child_by_field_name("operand") == node:
        field = file.text(parent.child_by_field_name("field"))
        if what == BODY and field == "Body":
            outer = parent.parent
            if outer.type == "selector_expression":
                return file.text(outer.child_by_field_name("field")) == "Close"
            # io.Copy and the like read a body, and none of them closes it.
            return outer.type != "argument_list" or not _only_reads(file, outer.parent)
        return field == "Close"
    if what == CLIENT and parent.type == "argument_list":
        # Generated clients use a connection and leave it open.
        return not file.text(parent.parent.child_by_field_name("function")).endswith("Client")
    if what == BODY and parent.type == "argument_list":
        return _may_close(file, parent, node)
    return parent.type != "binary_expression"


def _may_close(file: GoFile, arguments: Node, argument: Node) -> bool:
    """Whether the function that is given a response does more than read its fields, the body apart."""
    called = arguments.parent.child_by_field_name("function")
    declared = lookup(file, called, file.text(called)) if called.type == "identifier" else None
    if declared is None or declared.node.type != "function_declaration":
        return True
    parameters = declared.node.child_by_field_name("parameters").named_children
    names = [name for p in parameters for name in p.children_by_field_name("name")]
    index = arguments.named_children.index(argument)
    if len(names) < len(arguments.named_children):
        return True
    uses = (use for use in _uses(file, declared.node, names[index], file.text(names[index])))
    return not all(_is_field(file, use) for use in uses)


def _is_field(file: GoFile, use: Node) -> bool:
    parent = use.parent
    return parent.type == "selector_expression" and file.text(parent.child_by_field_name("field")) != "Body"


_READERS = (
    "io.ReadAll", "io.Copy", "ioutil.ReadAll", "json.NewDecoder", "xml.NewDecoder", "bufio.NewReader",
    "bufio.NewScanner",
)  # fmt: skip


def _only_reads(file: GoFile, call: Node) -> bool:
    return file.text(call.child_by_field_name("function")) in _READERS


def _is_transport(file: GoFile, literal: Node) -> bool:
    """A transport of its own for each call of a function: its idle connections are never reused."""
    written = literal.child_by_field_name("type")
    if written is None or file.text(written) != "http.Transport" or file.imports.get("http") != "net/http":
        return False
    function = file.function_at(literal.start_byte)
    return function is not None and function.name not in ("main", "init.0")
