"""Whether those on the other side of a channel would be left waiting by one who leaves."""

from __future__ import annotations

from goleak_lsp.fixes.statement import SELECT, SEND, Statement, walk
from goleak_lsp.golang.names import Declared, lookup, type_of, value_of
from goleak_lsp.golang.scope import Use, channel_info, node_of
from goleak_lsp.golang.syntax import Function, GoFile, Node


def communications(select: Node) -> list[Node]:
    """The communications of a select's cases."""
    cases = (c for c in select.named_children if c.type == "communication_case")
    return [c for case in cases if (c := case.child_by_field_name("communication")) is not None]


def received(communication: Node) -> Node | None:
    """The channel that a case receives from, None for one that sends."""
    right = communication.child_by_field_name("right")
    return right.child_by_field_name("operand") if right is not None else None


def is_done(file: GoFile, channel: Node | None) -> bool:
    """Whether it is the ``Done`` of a context, or of something built like one."""
    return channel is not None and file.text(channel).endswith(".Done()")


def is_timer(file: GoFile, channel: Node | None) -> bool:
    """Whether time alone sends on it: ``time.After``, ``time.Tick``, the ``C`` of a timer or ticker."""
    if channel is None:
        return False
    if channel.type == "selector_expression":
        return file.text(channel.child_by_field_name("field")) == "C"
    called = channel.child_by_field_name("function") if channel.type == "call_expression" else None
    package, _, name = file.text(called).partition(".") if called is not None else ("", "", "")
    return name in ("After", "Tick") and file.imports.get(package) == "time"


def partners_leave(file: GoFile, function: Function, found: Statement) -> bool:
    """Whether all uses of the channels are in sight, and no one else needs this side of them."""
    if found.form != SELECT:
        return is_timer(file, found.channel) or _is_free(file, function, found.channel, found.form == SEND)
    return all(_case_is_free(file, function, c) for c in communications(found.node))


def _case_is_free(file: GoFile, function: Function, communication: Node) -> bool:
    channel = received(communication)
    if channel is None:
        return _is_free(file, function, communication.child_by_field_name("channel"), True)
    return is_timer(file, channel) or _is_free(file, function, channel, False)


def _is_free(file: GoFile, function: Function, channel: Node | None, sends: bool) -> bool:
    if channel is None or channel.type != "identifier":
        return False
    info = channel_info(file, function, file.text(channel), channel.start_byte)
    if info is None or info.escapes:
        return False
    if any(use.kind == "size" or use.with_default for use in info.uses):
        return False
    closers = {use.function for use in info.uses if use.kind == "close"}
    senders = {use.function for use in info.uses if use.kind == "send"}
    if function.index in closers and senders - {function.index}:
        # Who leaves runs its deferred close, and a send on a closed channel panics.
        return False
    others = ("receive", "range") if sends else ("send",)
    if not all(_has_exit(file, use, bool(closers)) for use in info.uses if use.kind in others):
        return False
    return sends or not any(_shares(file, file.functions[f]) for f in (senders | closers) - {function.index})


def _shares(file: GoFile, partner: Function) -> bool:
    """Whether a partner may write what others see: to leave without waiting for it is a race."""
    node = node_of(file, partner)
    return any(_is_outside(file, node, written) for n in walk(node) for written in _written(n))


def _written(node: Node) -> list[Node]:
    if node.type == "assignment_statement":
        return node.child_by_field_name("left").named_children
    if node.type in ("inc_statement", "dec_statement") or (node.type == "unary_expression" and node.text[:1] == b"&"):
        return node.named_children[:1]
    if node.type == "call_expression":
        # A slice, map or pointer that is passed on may be written to.
        arguments = node.child_by_field_name("arguments").named_children
        return [a for a in arguments if a.type in ("identifier", "slice_expression")]
    return []


def _is_outside(file: GoFile, function: Node, written: Node) -> bool:
    name = written
    while name.type != "identifier":
        if not name.named_children or name.type == "composite_literal":
            return False
        name = name.named_children[0]
    declared = lookup(file, name, file.text(name))
    if declared is None or function.start_byte <= declared.node.start_byte < function.end_byte:
        return False
    return written.parent.type != "argument_list" or _is_reference(file, declared)


_PLAIN = ("type_identifier", "qualified_type", "channel_type", "function_type")


def _is_reference(file: GoFile, declared: Declared) -> bool:
    """Whether what is passed on under the name may be written through, as far as its declaration tells."""
    written, value = type_of(declared), value_of(declared)
    if written is not None:
        return written.type not in _PLAIN
    if declared.node.type == "function_declaration":
        return False
    return value is None or not file.text(value).startswith(("make(chan", "context."))


def _has_exit(file: GoFile, use: Use, closed: bool) -> bool:
    if use.kind == "range":
        return closed
    node = file.node_at(use.start, use.end)
    while node is not None and node.type != "communication_case":
        if node.type in ("statement_list", "block"):
            return False
        node = node.parent
    if node is None:
        return False
    channels = [received(c) for c in communications(node.parent)]
    return any(is_done(file, c) or is_timer(file, c) for c in channels)
