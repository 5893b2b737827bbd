"""What a function does on its way to its end: returns, waits, and whether it ends at all."""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.fixes.statement import walk
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.package import statements_of
from goleak_lsp.golang.syntax import GoFile, Node

TIDIES = frozenset((
    "Add", "Close", "Done", "End", "Finish", "RUnlock", "Release", "Stop", "Unlock",
    "cancel", "close", "delete", "panic", "recover", "stop",
))  # fmt: skip
"""Names of calls that a ``defer`` tidies up by, and that wait for nobody."""
_WAITS = ("Wait", "Lock", "RLock", "Acquire", "Read", "Accept", "Recv")


def returns(function: Node, start: int, end: int) -> list[Node]:
    """The function's own ``return`` statements that stand between two offsets."""
    body = function.child_by_field_name("body")
    found = (n for n in walk(body, into_closures=False) if n.type == "return_statement")
    return [n for n in found if start <= n.start_byte and n.end_byte <= end]


def block_statement(node: Node, block: Node) -> Node | None:
    """The statement of ``block`` (a statement list) that holds ``node``."""
    at = node
    while at is not None and at.parent != block:
        at = at.parent
    return at


def body_statement(node: Node) -> Node | None:
    """The statement of its function's body that holds ``node``."""
    statements = statements_of(function_of(node).child_by_field_name("body"))
    return block_statement(node, statements[0].parent) if statements else None


def waits(file: GoFile, function: Node, start: int, end: int | None = None) -> list[Node]:
    """What may block between two offsets of a function, its closures apart, ``defer`` included."""
    body = function.child_by_field_name("body")
    limit = body.end_byte if end is None else end
    return [n for n in walk(body, into_closures=False) if start <= n.start_byte < limit and _waits(file, n)]


def defers_waiting(file: GoFile, function: Node, start: int = 0) -> bool:
    """Whether anything that the function defers behind ``start`` may wait: it runs before what was deferred earlier."""
    body = function.child_by_field_name("body")
    deferred = [n for n in walk(body, into_closures=False) if n.type == "defer_statement" and n.start_byte >= start]
    return any(_waits(file, n) or _may_wait(file, n) for d in deferred for n in walk(d))


def _may_wait(file: GoFile, node: Node) -> bool:
    """Whether it is a call of a function of the user's that is not known to return at once."""
    if node.type != "call_expression":
        return False
    called = node.child_by_field_name("function")
    if called.type == "func_literal" or file.text(called.child_by_field_name("field") or called) in TIDIES:
        return False
    return called.type != "selector_expression" or file.text(called.child_by_field_name("operand")) not in file.imports


def _waits(file: GoFile, node: Node) -> bool:
    if node.type in ("send_statement", "select_statement"):
        return True
    if node.type == "unary_expression":
        return node.children[0].type == "<-"
    if node.type == "range_clause":
        right = node.child_by_field_name("right")
        left = node.child_by_field_name("left")
        # What ranges over a name with one variable may range over a channel.
        return right.type == "identifier" and (left is None or len(left.named_children) == 1)
    if node.type != "call_expression":
        return False
    called = node.child_by_field_name("function")
    return called.type == "selector_expression" and file.text(called.child_by_field_name("field")) in _WAITS


def ends(file: GoFile, function: Node) -> bool:
    """Whether the function has no endless loop without a way out."""
    body = function.child_by_field_name("body")
    return not any(_is_endless(file, n) for n in walk(body, into_closures=False) if n.type == "for_statement")


def _is_endless(file: GoFile, loop: Node) -> bool:
    header = [c for c in loop.named_children if c.type not in ("block", "comment")]
    if header and not (len(header) == 1 and header[0].type == "for_clause" and b";;" in header[0].text):
        return False
    return not any(_leaves(file, n, loop) for n in walk(loop, into_closures=False))


def _leaves(file: GoFile, node: Node, loop: Node) -> bool:
    """Whether ``node`` leaves ``loop``: a return, a break of its own or with a label, a panic."""
    if node.type == "return_statement":
        return True
    if node.type == "call_expression":
        return file.text(node.child_by_field_name("function")) in ("panic", "os.Exit", "log.Fatal", "runtime.Goexit")
    if node.type != "break_statement":
        return False
    if node.named_children:
        return True
    at = node.parent
    while at.type not in ("for_statement", "select_statement", "expression_switch_statement", "type_switch_statement"):
        at = at.parent
    return at == loop


def calls_named(file: GoFile, node: Node, *names: str) -> Iterator[Node]:
    """Calls of plain functions or methods whose last name is one of ``names``."""
    for at in walk(node):
        if at.type == "call_expression":
            called = at.child_by_field_name("function")
            last = called.child_by_field_name("field") or called
            if file.text(last) in names:
                yield at


def ends_in_leaving(case: Node) -> bool:
    """Whether the last statement of a case is a return, a break with a label or a panic."""
    statements = statements_of(case)
    if not statements:
        return False
    last = statements[-1]
    if last.type in ("return_statement", "goto_statement"):
        return True
    return (last.type == "break_statement" and bool(last.named_children)) or last.text.startswith(b"panic(")


def error_check(file: GoFile, node: Node, name: str) -> Node | None:
    """The ``if err != nil { … }`` right behind that leaves, behind which the value is sure to be there."""
    after = node.next_named_sibling
    if after is None or after.type != "if_statement" or after.child_by_field_name("alternative") is not None:
        return None
    if file.text(after.child_by_field_name("condition")) != f"{name} != nil":
        return None
    statements = statements_of(after.child_by_field_name("consequence"))
    return after if statements and statements[-1].type in _LEAVES else None


_LEAVES = ("return_statement", "continue_statement", "break_statement")


def calls_nothing(node: Node) -> bool:
    """Whether an expression or a return is made without calls and receives."""
    return not any(n.type in ("call_expression", "unary_expression") and n.text[:1] != b"&" for n in walk(node))


def reads_nothing(file: GoFile, node: Node) -> bool:
    """Whether the results of a return are names and literals, or errors made of them."""
    for inner in walk(node):
        if inner.type == "selector_expression" and file.text(inner.child_by_field_name("operand")) not in file.imports:
            return False
        if inner.type in ("index_expression", "slice_expression", "func_literal"):
            return False
        if inner.type == "call_expression" and file.text(inner.child_by_field_name("function")) not in _HARMLESS:
            return False
    return True


_HARMLESS = ("fmt.Errorf", "errors.New", "fmt.Sprintf", "len", "cap", "string", "int")


def function_name(file: GoFile, function: Node, literal: str = "a function literal") -> str:
    """A function as a title names it; ``literal`` for one without a name."""
    name = function.child_by_field_name("name")
    return file.text(name) if name is not None else literal
