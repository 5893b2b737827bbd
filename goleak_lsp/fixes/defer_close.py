"""A ``close`` that an early return skips is deferred.

Where a function closes a channel at its end, and leaves before that on an error, whoever waits
for the end of the channel waits for ever.

Example

Before:

```go
func load(names []string, read func(string) error) {
	loaded := make(chan string)
	go func() {
		for _, name := range names {
			if err := read(name); err != nil {
				return
			}
			loaded <- name
		}
		close(loaded)
	}()
	for name := range loaded {
		println(name)
	}
}
```

After:

```go
func load(names []string, read func(string) error) {
	loaded := make(chan string)
	go func() {
		defer close(loaded)
		for _, name := range names {
			if err := read(name); err != nil {
				return
			}
			loaded <- name
		}
	}()
	for name := range loaded {
		println(name)
	}
}
```

Where the function waits for something behind the ``close``, or in a ``defer``, the ``close`` is repeated before
the returns that skip it.

Not offered unless the channel is closed once, at the end of a function and not in a branch or
loop of it, and a return comes before that.

Preferred when every use of the channel is in sight, all sends stand in the function that
closes it, and no receiver in a loop would spin.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.closing import SPINS, is_plain, receivers
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import body_statement, defers_waiting, returns, waits
from goleak_lsp.fixes.statement import SELECT
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import Flow, Site, flow_of, in_loop
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.syntax import Node

NAME = "defer-close"


class Evidence(Frozen):
    """The channel, its one ``close``, and the returns that skip it."""

    flow: Flow
    close: Site
    early: tuple[Node, ...]

    @property
    def function(self) -> Node:
        """The function that closes the channel."""
        return self.close.function


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, name, statement = evidence.close.file, evidence.close.name, evidence.close.node.parent
    # What is deferred already would run before a deferred close.
    if waits(file, evidence.function, statement.end_byte) or defers_waiting(file, evidence.function):
        edits = [lines.before(file, early, f"close({name})") for early in evidence.early]
        title = f"Close {name} before the returns that skip it"
    else:
        edits = [lines.removed(file, statement), _deferred(evidence)]
        title = f"Defer close({name}), which a return skips"
    if None in edits:
        return None
    flow = evidence.flow
    senders_close = all(site.function == evidence.function for site in flow.of("send"))
    safe = is_plain(flow) and senders_close and SPINS not in receivers(flow)
    title += "" if safe else " (the channel is used elsewhere too)"
    return Offer(NAME, title, evidence.close.path, tuple(sorted(edits, key=lambda e: e.start)), safe)


def _deferred(evidence: Evidence):
    flow, text = evidence.flow, f"defer close({evidence.close.name})"
    if function_of(flow.declaration) == evidence.function:
        return lines.after(flow.origin.file, flow.declaration, text)
    return lines.first(evidence.close.file, evidence.function, text)


def detect(target: Target) -> Evidence | None:
    """The channel of a blocked receive, if its one ``close`` can be skipped by a return."""
    if target.channel is None or target.operation.kind == SELECT or target.operation.kind == "chan-send":
        return None
    flow = flow_of(target.package, target.path, target.file, target.channel)
    closes = flow.of("close") if flow is not None else []
    if len(closes) != 1 or closes[0].node.parent.type != "expression_statement":
        return None
    close = closes[0]
    statement, function = close.node.parent, close.function
    if body_statement(close.node) != statement:
        return None
    begin = function.start_byte
    if function_of(flow.declaration) == function:
        if in_loop(flow.declaration) or flow.declaration.parent != statement.parent:
            return None
        begin = flow.declaration.end_byte
    early = returns(function, begin, statement.start_byte)
    return Evidence(flow, close, tuple(early)) if early else None
