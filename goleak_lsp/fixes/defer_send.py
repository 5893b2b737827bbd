"""A signal that an early return skips is sent in a ``defer``.

A goroutine says that it is ready by sending a value; where it returns before that, on an
error, the one who waits for the signal waits for ever.

Example

Before:

```go
func start(prepare func() error) {
	ready := make(chan bool)
	go func() {
		if err := prepare(); err != nil {
			return
		}
		ready <- true
	}()
	<-ready
}
```

After:

```go
func start(prepare func() error) {
	ready := make(chan bool)
	go func() {
		defer func() { ready <- true }()
		if err := prepare(); err != nil {
			return
		}
	}()
	<-ready
}
```

Not offered unless the goroutine sends once, at its end, a value that does not depend on what
it did: a constant or an empty struct.

Preferred when nobody looks at the value, every use of the channel is in sight, it is received
once, and nothing that is deferred may wait: that would run before the send.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.buffer_of_one import is_last
from goleak_lsp.fixes.closing import is_plain, runs_once
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import body_statement, defers_waiting, returns
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import Flow, Site, flow_of, in_loop, starts_of
from goleak_lsp.golang.syntax import Node

NAME = "defer-send"

_CONSTANTS = ("true", "false", "nil", "int_literal", "interpreted_string_literal", "raw_string_literal")


class Evidence(Frozen):
    """The channel and its one send, which a return skips."""

    flow: Flow
    send: Site


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    flow, send = evidence.flow, evidence.send
    text = send.file.text(send.node)
    added = lines.first(send.file, send.function, f"defer func() {{ {text} }}()")
    gone = lines.removed(send.file, send.node)
    if added is None or gone is None:
        return None
    received = flow.of("receive", "range")
    ignored = is_plain(flow) and len(received) == 1 and _is_ignored(received[0])
    late = defers_waiting(send.file, send.function)
    safe = ignored and not late
    title = f"Send to {send.name} in a defer, for a return skips it"
    title += "" if safe else " (after what is deferred now)" if ignored else " (the receiver cannot tell why)"
    return Offer(NAME, title, send.path, (added, gone), safe)


def detect(target: Target) -> Evidence | None:
    """The channel of a blocked receive, if its one send stands at the end of a goroutine behind a return."""
    if target.operation.kind != "chan-receive" or target.channel is None:
        return None
    flow = flow_of(target.package, target.path, target.file, target.channel)
    sends = flow.of("send") if flow is not None else []
    if len(sends) != 1:
        return None
    send = sends[0]
    starts = starts_of(send, flow)
    if not starts or len(starts) != 1 or not runs_once(flow, starts[0]) or send.function.type != "func_literal":
        return None
    if body_statement(send.node) != send.node or not is_last(send.node) or not _is_constant(send):
        return None
    early = returns(send.function, send.function.start_byte, send.node.start_byte)
    return Evidence(flow, send) if early else None


def _is_constant(send: Site) -> bool:
    value = send.node.child_by_field_name("value")
    if value.type == "composite_literal":
        return send.file.text(value.child_by_field_name("body")) == "{}"
    return value.type in _CONSTANTS


def _is_ignored(site: Site) -> bool:
    """Whether a receive drops the value, and happens at most once."""
    node: Node = site.node
    return site.kind == "receive" and node.parent.type == "expression_statement" and not in_loop(node)
