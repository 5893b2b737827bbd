"""The only sender closes the channel when it has sent everything.

Whoever ranges over a channel stays until it is closed. Closing is the sender's part: nobody
else knows when nothing more comes.

Example

Before:

```go
func sum(values []int) (total int) {
	numbers := make(chan int)
	go func() {
		for _, v := range values {
			numbers <- v
		}
	}()
	for n := range numbers {
		total += n
	}
	return total
}
```

After:

```go
func sum(values []int) (total int) {
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for _, v := range values {
			numbers <- v
		}
	}()
	for n := range numbers {
		total += n
	}
	return total
}
```

Where the function that makes the channel sends on it itself, it closes it behind the last
send; where several goroutines send under a WaitGroup, a close follows its Wait.

Not offered unless every send is in sight and comes from one goroutine, from the function that
makes the channel, or from goroutines that all say ``Done`` to one WaitGroup; when anybody
closes the channel already; when a receiver in a loop does not look for the end, for it would
spin; and when the sender never returns.

Preferred when all receivers end with the channel, and nothing that they do behind it blocks.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.closing import (
    ONCE,
    SPINS,
    is_plain,
    receivers,
    runs_once,
    same_start,
    started_function,
    waits_behind,
)
from goleak_lsp.fixes.groups import done_of, group_of, waits_for
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import block_statement, defers_waiting, ends, returns, waits
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import Flow, flow_of, in_loop, starts_of
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.package import Located
from goleak_lsp.golang.syntax import Node
from goleak_lsp.text import Edit

NAME = "close-after-send"


class Evidence(Frozen):
    """The channel, and the edit that closes it in the file ``where``; ``sure`` unless a way around it is left."""

    flow: Flow
    where: Located
    edit: Edit
    sure: bool = True


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    flow = evidence.flow
    blocked_again = any(waits_behind(site) for site in flow.of("range", "receive"))
    safe = evidence.sure and is_plain(flow) and ONCE not in receivers(flow) and not blocked_again
    title = f"Close {flow.name} behind the last send"
    title += "" if safe else " (what its receivers do then may change)"
    return Offer(NAME, title, evidence.where.path, (evidence.edit,), safe)


def detect(target: Target) -> Evidence | None:
    """The channel of a blocked receive, if all its senders are known and none closes it."""
    if target.operation.kind not in ("chan-range", "chan-receive") or target.channel is None:
        return None
    flow = flow_of(target.package, target.path, target.file, target.channel)
    if flow is None or flow.of("escape", "close") or not flow.of("send") or SPINS in receivers(flow):
        return None
    starts = same_start(flow, flow.of("send"))
    if starts == []:
        return _by_the_maker(flow)
    if starts and len(starts) == 1 and runs_once(flow, starts[0]):
        return _by_the_goroutine(flow, starts[0])
    return _behind_the_group(target, flow)


def _by_the_goroutine(flow: Flow, started: Node) -> Evidence | None:
    sites = {found[1:]: found[0] for s in flow.of("send") if (found := started_function(flow, s, started))}
    if len(sites) != 1:
        return None
    (function, name), site = sites.popitem()
    edit = lines.first(site.file, function, f"defer close({name})") if ends(site.file, function) else None
    exported = function.type != "func_literal" and site.file.text(function.child_by_field_name("name"))[:1].isupper()
    return Evidence(flow, Located(site.path, site.file, function), edit, not exported) if edit else None


def _by_the_maker(flow: Flow) -> Evidence | None:
    """Behind the last send in the block that makes the channel, or deferred where a return comes before."""
    file, block = flow.origin.file, flow.declaration.parent
    function = function_of(flow.declaration)
    statements = [block_statement(site.calls[0].node if site.calls else site.node, block) for site in flow.of("send")]
    if None in statements:
        return None
    last = max(statements, key=lambda s: s.end_byte)
    early = returns(function, flow.declaration.end_byte, last.end_byte)
    late = waits(file, function, last.end_byte) or defers_waiting(file, function)
    if early and not in_loop(flow.declaration) and not late:
        edit = lines.after(file, flow.declaration, f"defer close({flow.name})")
    else:
        edit = lines.after(file, last, f"close({flow.name})")
    covered = not early or (edit is not None and edit.text.strip().startswith("defer"))
    return Evidence(flow, flow.origin, edit, covered) if edit else None


def _behind_the_group(target: Target, flow: Flow) -> Evidence | None:
    """Several goroutines send: the channel is closed when the WaitGroup that they all serve is done."""
    scope = function_of(flow.origin.node)
    chains = [starts_of(site, flow) for site in flow.of("send")]
    if any(not chain or len(chain) != 1 or function_of(chain[0]) != scope for chain in chains):
        return None
    started = {chain[0].start_byte: chain[0] for chain in chains}.values()
    groups = {done_of(target.package, flow.origin, go) for go in started}
    if len(groups) != 1 or None in groups:
        return None
    name, file = groups.pop(), flow.origin.file
    if group_of(file, scope, name) is None:
        return None
    waiting = waits_for(file, scope, name)
    receiving = [s for s in flow.of("range", "receive") if starts_of(s, flow) == []]
    if waiting and waiting[0].parent == flow.declaration.parent and not receiving:
        edit = lines.after(file, waiting[0], f"close({flow.name})")
        return Evidence(flow, flow.origin, edit) if edit else None
    if not receiving or (waiting and waiting[0].start_byte < receiving[0].node.start_byte):
        return None
    statement = block_statement(receiving[0].node, flow.declaration.parent)
    if statement is None or any(go.start_byte > statement.start_byte for go in started):
        return None
    edit = lines.before(file, statement, "go func() {", f"\t{name}.Wait()", f"\tclose({flow.name})", "}()")
    return Evidence(flow, flow.origin, edit) if edit else None
