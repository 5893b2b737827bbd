"""Whether those on the other side of a channel would be left waiting by one who leaves."""

from __future__ import annotations

from goleak_lsp.fixes.statement import SELECT, SEND, Statement
from goleak_lsp.golang.scope import Use, channel_info
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
        return _is_free(file, function, found.channel, found.form == SEND)
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
    closed = any(use.kind == "close" for use in info.uses)
    others = ("receive", "range") if sends else ("send",)
    return all(_has_exit(file, use, closed) for use in info.uses if use.kind in others)


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
