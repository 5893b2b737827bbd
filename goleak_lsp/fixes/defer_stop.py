"""What a function starts and keeps to itself is stopped when the function returns.

A value with a goroutine behind it (a watcher, a poller, a pool) has a method that ends the
goroutine: it closes the channel, or cancels the context, that the goroutine waits for. A
function that makes such a value, uses it and returns without calling the method leaves the
goroutine behind.

Example

Before:

```go
type watcher struct {
	events chan string
	stop   chan struct{}
}

func newWatcher() *watcher {
	w := &watcher{make(chan string), make(chan struct{})}
	go w.loop()
	return w
}

func (w *watcher) loop() {
	for {
		select {
		case event := <-w.events:
			println(event)
		case <-w.stop:
			return
		}
	}
}

func (w *watcher) Stop() { close(w.stop) }

func report(event string) {
	w := newWatcher()
	w.events <- event
}
```

After:

```go
type watcher struct {
	events chan string
	stop   chan struct{}
}

func newWatcher() *watcher {
	w := &watcher{make(chan string), make(chan struct{})}
	go w.loop()
	return w
}

func (w *watcher) loop() {
	for {
		select {
		case event := <-w.events:
			println(event)
		case <-w.stop:
			return
		}
	}
}

func (w *watcher) Stop() { close(w.stop) }

func report(event string) {
	w := newWatcher()
	defer w.Stop()
	w.events <- event
}
```

A value that nobody keeps, as in ``newWatcher()`` alone, gets a name first.

Not offered unless the package has exactly one method without parameters that ends the wait,
and a function in it makes the value for itself: it is not returned, stored, passed on or used
by a closure, nor made in a loop, and the method is not called there.

Preferred when the runtime or the source shows that nobody but its own goroutine holds the value.
"""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.dropping import Made, gives, is_dropped, maker_name, makers, makes, methods_of, receiver_of
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.partners import communications, received
from goleak_lsp.fixes.paths import calls_named
from goleak_lsp.fixes.wrapping import unused_name
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import in_loop
from goleak_lsp.golang.names import function_of, statement_around
from goleak_lsp.golang.package import Located
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

NAME = "defer-stop"

_CALL = "expression_statement"
"""A statement that calls a function and does not keep what it gives."""


class Evidence(Frozen):
    """The method that ends the wait, and every function that drops a value without calling it."""

    method: str
    dropped: tuple[Made, ...]


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    changes: dict = {}
    for made in evidence.dropped:
        node = made.where.node
        edit: Edit | None = lines.after(made.where.file, made.behind, f"defer {made.name}.{evidence.method}()")
        if edit is None:
            return None
        named = (Edit(node.start_byte, node.start_byte, f"{made.name} := "),) if node.type == _CALL else ()
        changes[made.where.path] = (*changes.get(made.where.path, ()), *named, edit)
    first = evidence.dropped[0]
    names = sorted({maker_name(made) for made in evidence.dropped})
    title = f"Defer {first.name}.{evidence.method}() in {' and '.join(names)}"
    # Only where nobody but its own goroutine holds the value can nobody else need it.
    safe = target.evidence in ("leaked", "orphaned")
    title += "" if safe else " (if nobody else holds it)"
    (path, edits), *others = changes.items()
    return Offer(NAME, title, path, edits, safe, tuple(others))


def detect(target: Target) -> Evidence | None:
    """The method that ends what the blocked goroutine waits for, and those who never call it."""
    waited = _awaited(target)
    if waited is None:
        return None
    type_name, fields = waited
    methods = [m for m in methods_of(target, type_name) if _ends_wait(m, fields)]
    if len(methods) != 1 or methods[0].node.child_by_field_name("parameters").named_children:
        return None
    method = methods[0].file.text(methods[0].node.child_by_field_name("name"))
    dropped = [made for made in makers(target, type_name) if is_dropped(made, method, target.function.name)]
    dropped += _unnamed(target, type_name, receiver_of(methods[0].file, methods[0].node)[0])
    return Evidence(method, tuple(dropped)) if dropped else None


def _awaited(target: Target) -> tuple[str, set[str]] | None:
    """The type of the method that is blocked, and the fields whose channel or context it waits for."""
    node = target.node
    function = function_of(node)
    while function is not None and function.type == "func_literal":
        function = function_of(function)
    if function is None or function.type != "method_declaration":
        return None
    receiver = receiver_of(target.file, function)
    if receiver is None:
        return None
    if node.type == "select_statement":
        channels = [received(c) for c in communications(node)]
    else:
        channels = [target.channel] if target.operation.kind != "chan-send" else []
    fields = {f for c in channels if c is not None and (f := _field(target.file, c, receiver[0]))}
    return (receiver[1], fields) if fields else None


def _field(file: GoFile, channel: Node, receiver: str) -> str | None:
    """``stop`` in ``w.stop``, ``ctx`` in ``w.ctx.Done()``."""
    text = file.text(channel).removesuffix(".Done()")
    owner, _, field = text.partition(".")
    return field if owner == receiver and field.isidentifier() else None


def _ends_wait(method: Located, fields: set[str]) -> bool:
    """Whether the method closes one of the fields, or calls a cancel function that it holds."""
    receiver = receiver_of(method.file, method.node)[0]
    for call in calls_named(method.file, method.node, "close"):
        arguments = call.child_by_field_name("arguments").named_children
        if len(arguments) == 1 and _field(method.file, arguments[0], receiver) in fields:
            return True
    watches_context = any(field in ("ctx", "context") for field in fields)
    return watches_context and any(
        method.file.text(call.child_by_field_name("function")).startswith(f"{receiver}.")
        for call in calls_named(method.file, method.node, "cancel", "cancelFunc", "stop", "done")
    )


def _unnamed(target: Target, type_name: str, wanted: str) -> Iterator[Made]:
    """Calls of functions that return a value of the type, the only result, which is not kept."""
    functions = (f for f in target.package.functions() if gives(f, type_name) and not _gives_more(f))
    for use in target.package.mentions(*{f.file.text(f.node.child_by_field_name("name")) for f in functions}):
        file, node = use.file, statement_around(use.node)
        call = node.named_children[0] if node.type == _CALL else None
        function = function_of(node)
        if call is None or call.type != "call_expression" or not makes(target, file, call, type_name):
            continue
        if function is None or in_loop(node) or node.parent.parent.parent != function:
            continue
        name = unused_name(file, function, (wanted, "made", "started"))
        if name is not None:
            yield Made(Located(use.path, file, node), name, node)


def _gives_more(function: Located) -> bool:
    result = function.node.child_by_field_name("result")
    return result.type == "parameter_list" and len(result.named_children) != 1
