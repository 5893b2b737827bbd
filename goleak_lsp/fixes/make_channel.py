"""A channel that is declared and never made is made.

A send or receive on a nil channel blocks for ever.

Example

Before:

```go
func total(values []int) (sum int) {
	var queue chan int
	go func() {
		defer close(queue)
		for _, v := range values {
			queue <- v
		}
	}()
	for v := range queue {
		sum += v
	}
	return sum
}
```

After:

```go
func total(values []int) (sum int) {
	queue := make(chan int)
	go func() {
		defer close(queue)
		for _, v := range values {
			queue <- v
		}
	}()
	for v := range queue {
		sum += v
	}
	return sum
}
```

Not offered unless the channel is a local variable that nothing is ever assigned to, and some
other goroutine is on its other side. Not where it stands in a select: there a nil channel is a
case that is switched off.

Preferred when both sides agree on the end: a range that nothing else ends and a ``close``, or
one send and one receive outside of loops.
"""

from __future__ import annotations

from goleak_lsp.fixes.closing import is_plain
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import Flow, Site, case_of, in_loop, origin_of, sites_of, starts_at
from goleak_lsp.golang.names import Declared, function_of
from goleak_lsp.golang.package import Located
from goleak_lsp.golang.syntax import Node
from goleak_lsp.text import Edit

NAME = "make-channel"


class Evidence(Frozen):
    """The declaration ``var name chan T`` and every use of the channel."""

    statement: Node
    flow: Flow


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    flow, file = evidence.flow, evidence.flow.origin.file
    written = file.text(flow.origin.node.child_by_field_name("type"))
    edit = Edit(evidence.statement.start_byte, evidence.statement.end_byte, f"{flow.name} := make({written})")
    safe = is_plain(flow) and _agree(flow)
    title = f"Make {flow.name}, which is nil" + ("" if safe else " (without a buffer)")
    return Offer(NAME, title, flow.origin.path, (edit,), safe)


def detect(target: Target) -> Evidence | None:
    """The channel of the blocked operation, if it is a local variable that stays nil."""
    if target.channel is None:
        return None
    found = origin_of(target.package, target.path, target.file, target.channel)
    if found is None or found[1].node.type != "var_spec" or not _is_nil(found[1]):
        return None
    name, declared = found
    statement = declared.node.parent
    if function_of(statement) is None or statement.type != "var_declaration":
        return None
    if name.file.text(statement).startswith("var ("):
        return None
    sites = sites_of(target.package, name, declared)
    flow = Flow(name.text, Located(name.path, name.file, declared.node), declared.node, sites)
    if flow.of("escape") or any(case_of(s.node) is not None for s in sites) or not _has_partner(flow):
        return None
    return Evidence(statement, flow)


def _is_nil(declared: Declared) -> bool:
    node = declared.node
    written = node.child_by_field_name("type")
    if written is None or written.type != "channel_type" or node.child_by_field_name("value"):
        return False
    return len(node.children_by_field_name("name")) == 1


def _has_partner(flow: Flow) -> bool:
    """Whether some goroutine of its own stands on one side, and another function on the other."""
    scope = function_of(flow.origin.node)
    senders = {s.function.start_byte for s in flow.of("send", "close")}
    receivers = {s.function.start_byte for s in flow.of("receive", "range")}
    started = any(starts_at(s, scope) for s in flow.sites)
    return bool(senders and receivers) and started and not senders & receivers


def _leaves_early(site: Site) -> bool:
    """Whether a range may end before its channel does, which leaves the sender behind."""
    body = site.node.parent.child_by_field_name("body")
    return any(n.type in ("return_statement", "break_statement", "goto_statement") for n in walk(body))


def _agree(flow: Flow) -> bool:
    sends, receives = flow.of("send"), flow.of("receive")
    if flow.of("range"):
        return bool(flow.of("close")) and not receives and not any(map(_leaves_early, flow.of("range")))
    return len(sends) <= 1 and len(receives) == 1 and not any(in_loop(s.node) for s in (*sends, *receives))
