"""What becomes of the others when a function stops waiting and returns."""

from __future__ import annotations

from goleak_lsp.fixes.model import Target
from goleak_lsp.fixes.paths import calls_named
from goleak_lsp.fixes.statement import SELECT, SEND, Statement, walk
from goleak_lsp.golang.declarations import Declarations, Routine
from goleak_lsp.golang.locking import READ, held_at
from goleak_lsp.golang.names import FUNCTIONS, function_of
from goleak_lsp.golang.package import Located
from goleak_lsp.golang.syntax import GoFile, Node


def keeps_lock(target: Target, found: Statement) -> bool:
    """Whether the function holds a lock at the statement that a return would leave locked, or must not give back.

    While somebody is in ``Wait`` of a ``sync.Cond``, its lock is not the function's to unlock.
    """
    routine = Routine(target.path, target.file, target.function)
    for held in held_at(Declarations(target.package.files), routine, found.node.start_byte):
        release = f"{held.receiver}.{'RUnlock' if held.mode == READ else 'Unlock'}()"
        if not _is_deferred(target.file, found.function, release) or _serves_cond(target, held.receiver):
            return True
    return False


def _is_deferred(file: GoFile, function: Node, release: str) -> bool:
    body = function.child_by_field_name("body")
    deferred = (n for n in walk(body, into_closures=False) if n.type == "defer_statement")
    return any(release in "".join(file.text(n).split()) for n in deferred)


def _serves_cond(target: Target, receiver: str) -> bool:
    """Whether the package makes a ``sync.Cond`` of a lock of that name."""
    name = receiver.rpartition(".")[2]
    made = (use for use in target.package.mentions("NewCond") if use.node.parent.parent.type == "call_expression")
    return any(_last_argument(use).rpartition(".")[2] == name for use in made)


def _last_argument(use: Located) -> str:
    arguments = use.node.parent.parent.child_by_field_name("arguments").named_children
    return use.file.text(arguments[-1]).lstrip("&") if arguments else ""


def closes_after_join(target: Target, found: Statement) -> bool:
    """Whether it waits for a channel that is only closed, and a caller of the function closes another one later."""
    if found.form in (SELECT, SEND) or found.channel is None:
        return False
    name = _last_name(target.file, found.channel)
    closed = [use for use in target.package.mentions("close") if name in _closed_names(use)]
    if not closed or any(_is_sent_on(use) for use in target.package.mentions(name)):
        return False
    declared = found.function
    if declared.type not in ("function_declaration", "method_declaration"):
        return False
    calls = target.package.calls(Located(target.path, target.file, declared)) or []
    return any(_closes_behind(call) for call in calls)


def _last_name(file: GoFile, channel: Node) -> str:
    return file.text(channel.child_by_field_name("field") or channel)


def _closed_names(use: Located) -> list[str]:
    call = use.node.parent
    arguments = call.child_by_field_name("arguments").named_children if call.type == "call_expression" else []
    return [_last_name(use.file, argument) for argument in arguments]


def _is_sent_on(use: Located) -> bool:
    channel = use.node.parent if use.node.type == "field_identifier" else use.node
    send = channel.parent
    return send is not None and send.type == "send_statement" and send.child_by_field_name("channel") == channel


def _closes_behind(call: Located) -> bool:
    function = function_of(call.node)
    if function is None or function.type not in FUNCTIONS:
        return False
    return any(n.start_byte > call.node.start_byte for n in calls_named(call.file, function, "close"))
