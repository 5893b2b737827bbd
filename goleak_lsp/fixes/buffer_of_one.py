"""A channel that carries one value gets room for it.

A goroutine that computes a result and sends it stays for ever when the receiver has left, on
a time-out or an early return. With a buffer of one the send succeeds in any case, the
goroutine ends, and the channel is collected.

Example

Before:

```go
func first(ctx context.Context) (int, error) {
	ch := make(chan int)
	go func() {
		ch <- compute()
	}()
	select {
	case v := <-ch:
		return v, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
```

After:

```go
func first(ctx context.Context) (int, error) {
	ch := make(chan int, 1)
	go func() {
		ch <- compute()
	}()
	select {
	case v := <-ch:
		return v, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
```

Not offered unless the channel is made without a buffer in the function that starts the
goroutine, all sends stand in that one goroutine, each is its last operation (only close,
defer and return follow), and the ``go`` is not in a loop, except in the very block that makes
the channel.

Preferred when nothing but communication and ``close`` is done with the channel: not when it is
returned, stored or passed on, measured by ``len`` or ``cap``, or polled by a select with
``default``; and when what the goroutine defers only tidies up, for that no longer waits for the
receiver.
"""

from __future__ import annotations

from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import TIDIES
from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import FUNCTIONS, function_of
from goleak_lsp.golang.scope import Channel, channel_info, loop_around
from goleak_lsp.golang.syntax import Function, GoFile, Node, Operation
from goleak_lsp.text import Edit

NAME = "buffer-of-one"


class Evidence(Frozen):
    """The channel, all of whose sends are the last operation of one goroutine, and its ``make``."""

    channel: Channel
    make: Node


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    all_ = [evidence, *_others(target, evidence)]
    uses = [use for e in all_ for use in e.channel.uses]
    plain = all(use.kind not in ("escape", "size") and not use.with_default for use in uses)
    tidy = only_tidies_up(target.file, function_of(target.node))
    title = f"Give {' and '.join(e.channel.name for e in all_)} a buffer of one"
    title += "" if plain else " (it is used for more than this send)"
    title += " (what is deferred runs before the value is received)" if plain and not tidy else ""
    edits = sorted((capacity_edit(e.make, "1") for e in all_), key=lambda e: e.start)
    return Offer(NAME, title, target.path, tuple(edits), plain and tidy)


def _others(target: Target, evidence: Evidence) -> list[Evidence]:
    """Further channels that the same goroutine may block on instead, in another branch."""
    found = {evidence.make.start_byte: evidence}
    for operation in target.file.operations:
        if operation.function == target.function.index and (other := _of(target.file, target.function, operation)):
            found.setdefault(other.make.start_byte, other)
    return list(found.values())[1:]


def detect(target: Target) -> Evidence | None:
    """The channel of the blocked send, if one goroutine sends on it, once and last."""
    return _of(target.file, target.function, target.operation)


def _of(file: GoFile, function: Function, operation: Operation) -> Evidence | None:
    if operation.kind != "chan-send" or operation.in_select:
        return None
    channel = channel_info(file, function, operation.operand, operation.start)
    if channel is None or channel.capacity not in ("", "0"):
        return None
    sends = [use for use in channel.uses if use.kind == "send"]
    make = file.node_at(*channel.make)
    started = _go_statement(file, sends[0].start)
    if started is None or {use.function for use in sends} != {function.index}:
        return None
    if not _runs_once(started, make) or not all(is_last(file.node_at(u.start, u.end)) for u in sends):
        return None
    return Evidence(channel, make)


def _go_statement(file: GoFile, offset: int) -> Node | None:
    """The ``go func() { … }()`` whose literal is the innermost function around ``offset``."""
    function = function_of(file.node_at(offset, offset + 1))
    call = function.parent if function is not None and function.type == "func_literal" else None
    if call is None or call.type != "call_expression" or call.child_by_field_name("function") != function:
        return None
    return call.parent if call.parent.type == "go_statement" else None


def _runs_once(started: Node, make: Node) -> bool:
    """Whether every channel that ``make`` makes gets at most one goroutine of ``started``."""
    function = function_of(started)
    if function != function_of(make) or any(n.type == "goto_statement" for n in walk(function)):
        return False
    declaration = make
    while declaration.parent.type != "statement_list":
        declaration = declaration.parent
    return loop_around(started, function) is None or declaration.parent == started.parent


_AFTER = ("defer_statement", "comment")


def is_last(statement: Node) -> bool:
    """Whether only ``close``, ``defer`` and ``return`` can follow in the function."""
    at = statement
    while at.type not in FUNCTIONS:
        if at.type == "for_statement":
            return False
        if at.parent.type == "statement_list":
            following = [n for n in at.parent.named_children if n.start_byte >= at.end_byte]
            for node in following:
                if node.type == "return_statement":
                    return not any(n.type == "call_expression" for n in walk(node))
                if node.type not in _AFTER and not _is_close(node):
                    return False
        at = at.parent
    return True


def _is_close(node: Node) -> bool:
    return node.type == "expression_statement" and node.text.startswith(b"close(")


def only_tidies_up(file: GoFile, function: Node) -> bool:
    """Whether nothing that a function defers could be seen by who waits for its last send."""
    body = function.child_by_field_name("body")
    deferred = [n for n in walk(body, into_closures=False) if n.type == "defer_statement"]
    calls = [n for d in deferred for n in walk(d) if n.type == "call_expression"]
    # What is deferred to look for a panic does the rest only behind one.
    if any(file.text(n.child_by_field_name("function")) == "recover" for n in calls):
        return True
    called = [n.child_by_field_name("function") for n in calls]
    return all(c.type == "func_literal" or file.text(c.child_by_field_name("field") or c) in TIDIES for c in called)


def capacity_edit(make: Node, capacity: str) -> Edit:
    """The edit that gives a ``make(chan T)`` a capacity, or another one."""
    arguments = make.child_by_field_name("arguments").named_children
    if len(arguments) > 1:
        return Edit(arguments[1].start_byte, arguments[1].end_byte, capacity)
    return Edit(arguments[0].end_byte, arguments[0].end_byte, f", {capacity}")
