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

Not offered unless the package has exactly one method without parameters that ends the wait,
and a function in it makes the value for itself: it is not returned, stored, passed on or used
by a closure, nor made in a loop, and the method is not called there.

Preferred when the runtime or the source shows that nobody but its own goroutine holds the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.partners import communications, received
from goleak_lsp.fixes.paths import calls_named, error_check
from goleak_lsp.golang.flow import in_loop
from goleak_lsp.golang.names import function_of, lookup, statement_around
from goleak_lsp.golang.package import Located
from goleak_lsp.golang.scope import identifiers
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

NAME = "defer-stop"


class Made(NamedTuple):
    """The statement that makes a value for its own function, the value's name, and where a ``defer`` goes."""

    where: Located
    name: str
    behind: Node


class Evidence(NamedTuple):
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
        edit: Edit | None = lines.after(made.where.file, made.behind, f"defer {made.name}.{evidence.method}()")
        if edit is None:
            return None
        changes[made.where.path] = (*changes.get(made.where.path, ()), edit)
    first = evidence.dropped[0]
    names = sorted({_function_name(made) for made in evidence.dropped})
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
    methods = [m for m in _methods(target, type_name) if _ends_wait(m, fields)]
    if len(methods) != 1 or methods[0].node.child_by_field_name("parameters").named_children:
        return None
    method = methods[0].file.text(methods[0].node.child_by_field_name("name"))
    dropped = [made for made in _makers(target, type_name) if _is_dropped(made, method, target.function.name)]
    return Evidence(method, tuple(dropped)) if dropped else None


def _awaited(target: Target) -> tuple[str, set[str]] | None:
    """The type of the method that is blocked, and the fields whose channel or context it waits for."""
    node = target.node
    function = function_of(node)
    while function is not None and function.type == "func_literal":
        function = function_of(function)
    if function is None or function.type != "method_declaration":
        return None
    receiver = _receiver(target.file, function)
    if receiver is None:
        return None
    if node.type == "select_statement":
        channels = [received(c) for c in communications(node)]
    else:
        channels = [target.channel] if target.operation.kind != "chan-send" else []
    fields = {f for c in channels if c is not None and (f := _field(target.file, c, receiver[0]))}
    return (receiver[1], fields) if fields else None


def _receiver(file: GoFile, method: Node) -> tuple[str, str] | None:
    """The name and the type of a method's receiver."""
    declared = method.child_by_field_name("receiver").named_children
    name = declared[0].child_by_field_name("name") if declared else None
    written = declared[0].child_by_field_name("type") if declared else None
    if name is None or written is None:
        return None
    base = written.named_children[0] if written.type == "pointer_type" else written
    base = base.child_by_field_name("type") if base.type == "generic_type" else base
    return file.text(name), file.text(base)


def _field(file: GoFile, channel: Node, receiver: str) -> str | None:
    """``stop`` in ``w.stop``, ``ctx`` in ``w.ctx.Done()``."""
    text = file.text(channel).removesuffix(".Done()")
    owner, _, field = text.partition(".")
    return field if owner == receiver and field.isidentifier() else None


def _methods(target: Target, type_name: str) -> Iterator[Located]:
    for found in target.package.functions():
        if found.node.type == "method_declaration" and found.node.child_by_field_name("body") is not None:
            receiver = _receiver(found.file, found.node)
            if receiver is not None and receiver[1] == type_name:
                yield found


def _ends_wait(method: Located, fields: set[str]) -> bool:
    """Whether the method closes one of the fields, or calls a cancel function that it holds."""
    receiver = _receiver(method.file, method.node)[0]
    for call in calls_named(method.file, method.node, "close"):
        arguments = call.child_by_field_name("arguments").named_children
        if len(arguments) == 1 and _field(method.file, arguments[0], receiver) in fields:
            return True
    watches_context = any(field in ("ctx", "context") for field in fields)
    return watches_context and any(
        method.file.text(call.child_by_field_name("function")).startswith(f"{receiver}.")
        for call in calls_named(method.file, method.node, "cancel", "cancelFunc", "stop", "done")
    )


def _makers(target: Target, type_name: str) -> Iterator[Made]:
    """Statements that make a value of the type: by its literal, or by a function that returns one."""
    functions = (f for f in target.package.functions() if _gives(f, type_name))
    makers = [f.file.text(f.node.child_by_field_name("name")) for f in functions]
    for use in target.package.mentions(type_name, *makers):
        file, node = use.file, statement_around(use.node)
        if node.type != "short_var_declaration" or node.parent.type != "statement_list":
            continue
        names = node.child_by_field_name("left").named_children
        values = node.child_by_field_name("right").named_children
        if len(values) != 1 or len(names) > 2 or not _makes(target, file, values[0], type_name):
            continue
        behind = node if len(names) == 1 else error_check(file, node, file.text(names[1]))
        if behind is not None:
            yield Made(Located(use.path, file, node), file.text(names[0]), behind)


def _makes(target: Target, file: GoFile, value: Node, type_name: str) -> bool:
    if value.type == "unary_expression":
        value = value.child_by_field_name("operand")
    if value.type == "composite_literal":
        return file.text(value.child_by_field_name("type")).partition("[")[0] == type_name
    if value.type != "call_expression":
        return False
    callee = target.package.callee(file, value)
    return callee is not None and _gives(callee, type_name)


def _gives(function: Located, type_name: str) -> bool:
    """Whether the first result of a function is of the type, or a pointer to it."""
    result = function.node.child_by_field_name("result")
    if result is None:
        return False
    first = result.named_children[0] if result.type == "parameter_list" and result.named_children else result
    first = first.child_by_field_name("type") if first.type == "parameter_declaration" else first
    return function.file.text(first).lstrip("*").partition("[")[0] == type_name


def _is_dropped(made: Made, method: str, blocked: str) -> bool:
    """Whether the function only calls methods and reads fields of the value, and never ``method``.

    It may start the method that is ``blocked`` itself.
    """
    file, node = made.where.file, made.where.node
    function = function_of(node)
    if function is None or in_loop(node) or node.parent.parent.parent != function:
        return False
    started = False
    for use in identifiers(file, function, made.name):
        declared = lookup(file, use, made.name)
        if declared is None or declared.node != node or use.parent.parent == node:
            continue
        if function_of(use) != function or not _is_plain(file, use, method, blocked):
            return False
        started = True
    return started or node.child_by_field_name("right").named_children[0].type == "call_expression"


def _is_plain(file: GoFile, use: Node, method: str, blocked: str) -> bool:
    """Whether it is a call of another method, or a field that is not handed on."""
    selector = use.parent
    field = file.text(selector.child_by_field_name("field")) if selector.type == "selector_expression" else method
    if field == method:
        return False
    outer = selector.parent
    if outer.type == "call_expression" and outer.child_by_field_name("function") == selector:
        return outer.parent.type != "go_statement" or blocked.endswith(f".{field}")
    return outer.type not in ("expression_list", "argument_list")


def _function_name(made: Made) -> str:
    name = function_of(made.where.node).child_by_field_name("name")
    return made.where.file.text(name) if name is not None else "a function literal"
