"""The context of a value that is dropped is cancelled by the cancel function that the value keeps.

A method makes a context, keeps its cancel function in a field, and starts a goroutine that waits
for the context. Who makes the value and drops it without ending it leaves the goroutine behind.

Example

Before:

```go
type rows struct {
	cancel context.CancelFunc
}

func (r *rows) open(ctx context.Context) {
	ctx, r.cancel = context.WithCancel(ctx)
	go r.awaitDone(ctx)
}

func (r *rows) awaitDone(ctx context.Context) {
	<-ctx.Done()
	r.close(ctx.Err())
}

func (r *rows) close(err error) {
	r.cancel()
}

func query(ctx context.Context) {
	r := &rows{}
	r.open(ctx)
	println("queried")
}
```

After:

```go
type rows struct {
	cancel context.CancelFunc
}

func (r *rows) open(ctx context.Context) {
	ctx, r.cancel = context.WithCancel(ctx)
	go r.awaitDone(ctx)
}

func (r *rows) awaitDone(ctx context.Context) {
	<-ctx.Done()
	r.close(ctx.Err())
}

func (r *rows) close(err error) {
	r.cancel()
}

func query(ctx context.Context) {
	r := &rows{}
	r.open(ctx)
	defer r.cancel()
	println("queried")
}
```

Not offered unless one method starts the goroutine with that context, and a function makes the
value for itself, calls that method once, and ends it by nothing: it is not returned, stored,
passed on or used by a closure, nor made in a loop.

Preferred when the runtime or the source shows that nobody but its own goroutine holds the value.
"""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.dropping import Made, is_dropped, maker_name, makers, methods_of, receiver_of
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.package import Located, call_of, parameters
from goleak_lsp.golang.scope import identifiers
from goleak_lsp.golang.syntax import Node

NAME = "cancel-field"


class Evidence(Frozen):
    """The field that keeps the cancel function, who drops the value, and the call behind which it is set."""

    field: str
    made: Made
    call: Node


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    found = list(detect(target))
    if not found:
        return None
    changes: dict = {}
    for each in found:
        edit = lines.after(each.made.where.file, each.call, f"defer {each.made.name}.{each.field}()")
        if edit is None:
            return None
        changes[each.made.where.path] = (*changes.get(each.made.where.path, ()), edit)
    names = sorted({maker_name(each.made) for each in found})
    title = f"Defer {found[0].made.name}.{found[0].field}() in {' and '.join(names)}"
    safe = target.evidence in ("leaked", "orphaned")
    title += "" if safe else " (if nobody else holds it)"
    (path, edits), *others = changes.items()
    return Offer(NAME, title, path, edits, safe, tuple(others))


def detect(target: Target) -> Iterator[Evidence]:
    """Who drops a value whose field could end what the blocked goroutine waits for."""
    method = function_of(target.node)
    receiver = receiver_of(target.file, method) if method is not None and method.type == "method_declaration" else None
    if receiver is None or target.channel is None or target.operation.kind == "chan-send":
        return
    position = _position(target, method)
    started = [s for m in methods_of(target, receiver[1]) if position >= 0 and (s := _start(target, m, position))]
    if len(started) != 1:
        return
    field, starter = started[0]
    ends = _ends(target, receiver[1], field)
    for made in makers(target, receiver[1]):
        calls = _calls(made, starter)
        if len(calls) == 1 and all(is_dropped(made, name, target.function.name) for name in ends):
            yield Evidence(field, made, calls[0])


def _position(target: Target, method: Node) -> int:
    """The number of the parameter whose ``Done`` is waited for; negative for anything else."""
    text = target.file.text(target.channel)
    names = [name for name, _ in parameters(target.file, method)]
    return names.index(text.removesuffix(".Done()")) if text.removesuffix(".Done()") in names else -1


def _start(target: Target, method: Located, position: int) -> tuple[str, str] | None:
    """The field that keeps the cancel function of the context that a method starts the goroutine with, and its name."""
    file = method.file
    blocked = target.function.name.rpartition(".")[2]
    for node in walk(method.node, into_closures=False):
        call = call_of(node) if node.type == "go_statement" else None
        if call is None or not file.text(call.child_by_field_name("function")).endswith(f".{blocked}"):
            continue
        arguments = call.child_by_field_name("arguments").named_children
        before = node.prev_named_sibling
        if before is None or before.type != "assignment_statement" or position >= len(arguments):
            continue
        left = [file.text(n) for n in before.child_by_field_name("left").named_children]
        made = file.text(before.child_by_field_name("right")).startswith("context.With")
        owner, _, field = left[1].partition(".") if len(left) == 2 else ("", "", "")
        receiver = receiver_of(file, method.node)
        if made and left[0] == file.text(arguments[position]) and receiver is not None and owner == receiver[0]:
            return field, file.text(method.node.child_by_field_name("name"))
    return None


def _ends(target: Target, type_name: str, field: str) -> set[str]:
    """The field, and the methods but the blocked one that call it or each other."""
    found, before = {field}, set()
    while found != before:
        before = set(found)
        for method in methods_of(target, type_name):
            name = method.file.text(method.node.child_by_field_name("name"))
            called = (n for n in walk(method.node) if n.type == "call_expression" and n.parent.type != "go_statement")
            names = {method.file.text(n.child_by_field_name("function")).rpartition(".")[2] for n in called}
            if names & found and not target.function.name.endswith(f".{name}"):
                found.add(name)
    return found


def _calls(made: Made, method: str) -> list[Node]:
    """The statements of the maker's body that call the method of its value."""
    file, function = made.where.file, function_of(made.where.node)
    uses = [use.parent.parent for use in identifiers(file, function, made.name)]
    called = [u for u in uses if u.type == "call_expression" and _names(file.text(u), made.name, method)]
    statements = [u.parent for u in called if u.parent.type == "expression_statement"]
    return [s for s in statements if s.parent == made.where.node.parent]


def _names(call: str, name: str, method: str) -> bool:
    return call.startswith(f"{name}.{method}(")
