"""A goroutine that its function leaves behind is told so by a channel.

A function starts a goroutine, takes what it needs from it and returns; the goroutine stays,
for nobody takes the rest. A channel that is closed when the function returns lets the
goroutine return too.

Example

Before:

```go
func firstEven(numbers []int) int {
	ch := make(chan int)
	go func() {
		for _, n := range numbers {
			ch <- n
		}
		close(ch)
	}()
	for n := range ch {
		if n%2 == 0 {
			return n
		}
	}
	return -1
}
```

After:

```go
func firstEven(numbers []int) int {
	ch := make(chan int)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for _, n := range numbers {
			select {
			case ch <- n:
			case <-done:
				return
			}
		}
		close(ch)
	}()
	for n := range ch {
		if n%2 == 0 {
			return n
		}
	}
	return -1
}
```

Not offered unless the channel is made by the function around the goroutine, for itself: it is
not returned, stored or passed on, and the other side of it is that function alone. Not where
that function waits for the goroutine before it returns or in a ``defer``, nor where the channel is made in a
loop.

Preferred when the goroutine owes nobody anything behind the statement but to close the
channel, and the function does not leave on a context that the goroutine could watch itself.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.contexts import contexts
from goleak_lsp.fixes.leaving import return_statement
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.partners import communications, is_done, is_timer, received
from goleak_lsp.fixes.paths import calls_named, defers_waiting, function_name
from goleak_lsp.fixes.statement import SELECT, Statement, statement_of, walk
from goleak_lsp.fixes.wrapping import Way, unused_name, wrap
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import Flow, Site, case_of, element_text, flow_of, in_loop, starts_of
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.scope import identifiers, use_kind
from goleak_lsp.golang.syntax import GoFile, Node

NAME = "stop-channel"

_SENDING, _RECEIVING = ("send",), ("receive", "range", "close")


class Evidence(Frozen):
    """The statement, its channels, the last of their declarations, and the names of the stop channel."""

    found: Statement
    flows: tuple[Flow, ...]
    name: str

    @property
    def declaration(self) -> Node:
        """The statement behind which the stop channel is made."""
        return max((flow.declaration for flow in self.flows), key=lambda d: d.start_byte)


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, found, name = target.file, evidence.found, evidence.name
    leave = return_statement(file, found, "nil")
    wrapped = wrap(file, found, Way(f"<-{name}", leave), element_text(evidence.flows[0])) if leave else None
    made = lines.after(file, evidence.declaration, f"{name} := make(chan struct{{}})", f"defer close({name})")
    if wrapped is None or made is None:
        return None
    cost = _cost(file, evidence)
    name = function_name(file, function_of(evidence.declaration), "the function around it")
    title = f"Return when {name} has returned" + (f" ({cost})" if cost else "")
    return Offer(NAME, title, target.path, (made, *wrapped), not cost)


def _cost(file: GoFile, evidence: Evidence) -> str:
    """What speaks against the edit; empty where it is safe."""
    if _owes(file, evidence.found, evidence.flows):
        return "skips what follows"
    return "its context would do" if _watches_context(file, evidence) else ""


def detect(target: Target) -> Evidence | None:
    """The blocked statement of a goroutine, if the function around it is all that it serves."""
    found = statement_of(target.file, target.operation)
    if found is None:
        return None
    flows = [flow_of(target.package, target.path, target.file, c) if c is not None else None for c in _channels(found)]
    if not flows or None in flows or len({function_of(f.declaration).start_byte for f in flows}) != 1:
        return None
    scope = function_of(flows[0].declaration)
    if not all(_serves(flow, scope, found) for flow in flows) or _joins(target.file, scope, found, flows):
        return None
    name = unused_name(target.file, scope, ("done", "stop", "quit"))
    return Evidence(found, tuple(flows), name) if name else None


def _channels(found: Statement) -> list[Node | None]:
    if found.form != SELECT:
        return [found.channel]
    return [received(c) or c.child_by_field_name("channel") for c in communications(found.node)]


def _serves(flow: Flow, scope: Node, found: Statement) -> bool:
    """Whether the goroutine of the statement, started by ``scope``, speaks with ``scope`` alone."""
    if flow.of("escape") or in_loop(flow.declaration) or flow.declaration.parent.parent.parent != scope:
        return False
    mine = [s for s in flow.sites if s.function == found.function]
    if not mine or any(s.calls for s in mine) or not all(len(starts_of(s, flow) or ()) == 1 for s in mine):
        return False
    other = _RECEIVING if any(s.kind == "send" for s in mine) else (*_SENDING, "close")
    partners = [s for s in flow.of(*other) if s.function != found.function]
    return bool(partners) and all(starts_of(s, flow) == [] for s in partners)


def _joins(file: GoFile, scope: Node, found: Statement, flows: list[Flow]) -> bool:
    """Whether the function waits for its goroutines, and so would never come to close the channel."""
    if any(function_of(call) == scope for call in calls_named(file, scope, "Wait")):
        return True
    if defers_waiting(file, scope, max(flow.declaration.end_byte for flow in flows)):
        return True
    names = {flow.name for flow in flows}
    return any(_waits_for_end(file, n, found, names) for n in walk(scope, into_closures=False))


def _waits_for_end(file: GoFile, node: Node, found: Statement, known: set[str]) -> bool:
    """Whether a function waits, outside of a select, for a channel that the goroutine closes or sends to at its end."""
    is_receive = node.type == "unary_expression" and node.children[0].type == "<-"
    channel = node.child_by_field_name("operand") if is_receive else None
    if channel is None or channel.type != "identifier" or file.text(channel) in known or case_of(node) is not None:
        return False
    return any(
        use_kind(file, use)[0] in ("close", "send") and (use.start_byte > found.node.end_byte or _is_deferred(use))
        for use in identifiers(file, found.function, file.text(channel))
    )


def _is_deferred(use: Node) -> bool:
    at = use
    while at is not None and at.type not in ("defer_statement", "statement_list"):
        at = at.parent
    return at is not None and at.type == "defer_statement"


def _owes(file: GoFile, found: Statement, flows: tuple[Flow, ...]) -> bool:
    """Whether the goroutine does anything behind the statement that others may see, but close its channel."""
    body = found.function.child_by_field_name("body")
    names = {flow.name for flow in flows}
    for node in walk(body, into_closures=False):
        if node.start_byte < found.node.end_byte:
            continue
        if node.type == "call_expression" and not _is_close_of(file, node, names):
            return True
        if node.type == "send_statement" and file.text(node.child_by_field_name("channel")) not in names:
            return True
    return False


def _is_close_of(file: GoFile, call: Node, names: set[str]) -> bool:
    arguments = call.child_by_field_name("arguments").named_children
    called = file.text(call.child_by_field_name("function"))
    return called == "close" and len(arguments) == 1 and file.text(arguments[0]) in names


def _watches_context(file: GoFile, evidence: Evidence) -> bool:
    """Whether the other side leaves on a context that the goroutine sees too."""
    if next(contexts(file, evidence.found.node), None) is None:
        return False
    partners = [s for f in evidence.flows for s in f.sites if starts_of(s, f) == [] and s.kind in ("receive", "send")]
    return bool(partners) and all(_leaves_on_context(s) for s in partners)


def _leaves_on_context(site: Site) -> bool:
    case = case_of(site.node)
    channels = [received(c) for c in communications(case.parent)] if case is not None else []
    return any(is_done(site.file, c) for c in channels) and not any(is_timer(site.file, c) for c in channels)
