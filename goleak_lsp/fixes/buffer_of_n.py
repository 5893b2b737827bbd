"""A channel that many goroutines send to once gets room for all of them.

A loop starts one goroutine an item, each sends one result, and the receiver leaves after the
first, or after an error. With a buffer as large as the number of items every send succeeds,
and all goroutines end.

Example

Before:

```go
func fastest(mirrors []string, get func(string) string) string {
	answers := make(chan string)
	for _, mirror := range mirrors {
		go func() {
			answers <- get(mirror)
		}()
	}
	return <-answers
}
```

After:

```go
func fastest(mirrors []string, get func(string) string) string {
	answers := make(chan string, len(mirrors))
	for _, mirror := range mirrors {
		go func() {
			answers <- get(mirror)
		}()
	}
	return <-answers
}
```

Not offered unless the channel is made without a buffer before the loop in the same function,
every send stands in the goroutine that the loop starts and is its last operation, the loop
runs over a slice, map, array or number that is there before the channel, and nothing changes
that in between.

Preferred when nothing but communication and ``close`` is done with the channel, what the
goroutines defer only tidies up, and the number cannot be negative, for which ``make`` panics.
"""

from __future__ import annotations

from goleak_lsp.fixes.buffer_of_one import capacity_edit, is_last, only_tidies_up
from goleak_lsp.fixes.closing import is_plain
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import Flow, flow_of, in_loop, starts_of
from goleak_lsp.golang.names import function_of, lookup, type_of, value_of
from goleak_lsp.golang.scope import identifiers
from goleak_lsp.golang.syntax import GoFile, Node

NAME = "buffer-of-n"


class Evidence(Frozen):
    """The channel and the number of goroutines that send to it, as Go would write it."""

    flow: Flow
    count: str


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    flow = evidence.flow
    plain = is_plain(flow)
    tidy = all(only_tidies_up(site.file, function_of(site.node)) for site in flow.of("send"))
    title = f"Give {flow.name} a buffer of {evidence.count}"
    title += "" if plain else " (it is used for more than these sends)"
    title += " (what is deferred runs before the value is received)" if plain and not tidy else ""
    known = _is_no_less_than_zero(flow, evidence.count)
    title += " (which must not be negative)" if plain and tidy and not known else ""
    safe = plain and tidy and known
    return Offer(NAME, title, flow.origin.path, (capacity_edit(flow.make, evidence.count),), safe)


def _is_no_less_than_zero(flow: Flow, count: str) -> bool:
    """Whether the count is a length or a literal, or a name for one: ``make`` panics below zero."""
    if not count.isidentifier():
        return True
    file, scope = flow.origin.file, function_of(flow.declaration)
    value = value_of(lookup(file, flow.declaration, count))
    if value is None or any(_is_written(use) for use in identifiers(file, scope, count)):
        return False
    called = value.child_by_field_name("function") if value.type == "call_expression" else None
    return value.type == "int_literal" or (called is not None and file.text(called) == "len")


def detect(target: Target) -> Evidence | None:
    """The channel of a blocked send, if each round of one loop starts a goroutine that sends once and last."""
    if target.operation.kind != "chan-send" or target.operation.in_select:
        return None
    flow = flow_of(target.package, target.path, target.file, target.channel)
    if flow is None or flow.capacity not in ("", "0"):
        return None
    sends = flow.of("send")
    chains = [starts_of(site, flow) for site in sends]
    if any(chain is None or len(chain) != 1 or chain != chains[0] for chain in chains):
        return None
    if not all(is_last(site.node) and len(site.calls) <= 1 for site in sends):
        return None
    loop = _loop_of(flow, chains[0][0])
    count = _count(flow, loop) if loop is not None else None
    return Evidence(flow, count) if count else None


def _loop_of(flow: Flow, started: Node) -> Node | None:
    """The loop whose body starts the goroutine, itself in no other loop than the channel."""
    body = started.parent.parent
    loop = body.parent if body is not None and body.type == "block" else None
    if loop is None or loop.type != "for_statement" or function_of(loop) != function_of(flow.declaration):
        return None
    return loop if not in_loop(loop) or loop.parent == flow.declaration.parent else None


def _count(flow: Flow, loop: Node) -> str | None:
    """How many rounds ``loop`` makes."""
    file = flow.origin.file
    header = loop.named_children[0]
    if header.type == "range_clause":
        return _of_range(flow, header.child_by_field_name("right"), loop)
    condition = header.child_by_field_name("condition") if header.type == "for_clause" else None
    start = header.child_by_field_name("initializer") if condition is not None else None
    step = header.child_by_field_name("update") if condition is not None else None
    if start is None or step is None or condition.type != "binary_expression" or step.type != "inc_statement":
        return None
    counter = file.text(condition.child_by_field_name("left"))
    limit = condition.child_by_field_name("right")
    plain = file.text(start) == f"{counter} := 0" and file.text(step) == f"{counter}++"
    if not plain or file.text(condition.child_by_field_name("operator")) != "<":
        return None
    if limit.type == "call_expression":
        return _length(flow, limit, loop)
    return _of_number(flow, limit, loop)


def _of_range(flow: Flow, right: Node, loop: Node) -> str | None:
    if right.type == "int_literal":
        return flow.origin.file.text(right)
    if right.type != "identifier" or not _is_steady(flow, right, loop):
        return None
    kind = _kind(flow.origin.file, right)
    name = flow.origin.file.text(right)
    return {"number": name, "items": f"len({name})"}.get(kind)


def _of_number(flow: Flow, limit: Node, loop: Node) -> str | None:
    if limit.type == "int_literal":
        return flow.origin.file.text(limit)
    steady = limit.type == "identifier" and _is_steady(flow, limit, loop)
    return flow.origin.file.text(limit) if steady and _kind(flow.origin.file, limit) == "number" else None


def _length(flow: Flow, call: Node, loop: Node) -> str | None:
    arguments = call.child_by_field_name("arguments").named_children
    if flow.origin.file.text(call.child_by_field_name("function")) != "len" or len(arguments) != 1:
        return None
    steady = arguments[0].type == "identifier" and _is_steady(flow, arguments[0], loop)
    return flow.origin.file.text(call) if steady else None


def _is_steady(flow: Flow, name: Node, loop: Node) -> bool:
    """Whether the name is known where the channel is made, and not assigned until the loop ends."""
    file, text = flow.origin.file, flow.origin.file.text(name)
    declared, known = lookup(file, name, text), lookup(file, flow.declaration, text)
    if declared is None or known is None or declared.node != known.node:
        return False
    for use in identifiers(file, function_of(loop), text):
        if flow.declaration.start_byte <= use.start_byte < loop.end_byte and _is_written(use):
            return False
    return True


def _is_written(use: Node) -> bool:
    parent = use.parent
    if parent.type == "expression_list":
        return parent.parent.type == "assignment_statement" and parent.parent.child_by_field_name("left") == parent
    return parent.type in ("inc_statement", "dec_statement") or parent.text[:1] == b"&"


def _kind(file: GoFile, name: Node) -> str | None:
    """Whether the name is a ``number`` or has a length (``items``), as far as its declaration tells."""
    declared = lookup(file, name, file.text(name))
    if declared.node.type == "variadic_parameter_declaration":
        return "items"
    written, value = type_of(declared), value_of(declared)
    if written is None and value is not None and value.type == "composite_literal":
        written = value.child_by_field_name("type")
    if written is None and value is not None and value.type == "int_literal":
        return "number"
    if written is None and value is not None and value.type == "call_expression":
        return _kind_of_call(file, value)
    if written is None:
        return None
    if written.type in ("slice_type", "array_type", "map_type", "implicit_length_array_type"):
        return "items"
    return "number" if file.text(written) == "int" else None


def _kind_of_call(file: GoFile, call: Node) -> str | None:
    arguments = call.child_by_field_name("arguments").named_children
    called = file.text(call.child_by_field_name("function"))
    if called == "len":
        return "number"
    made = called == "make" and bool(arguments) and arguments[0].type in ("slice_type", "map_type")
    return "items" if made and not any(n.type == "channel_type" for n in walk(arguments[0])) else None
