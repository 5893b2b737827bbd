"""A context is derived from the one at hand instead of from nothing.

A function is given a context and makes the one that its goroutines watch from
``context.Background``. When its caller gives up, they do not hear of it; only a call of the new
context's cancel function ends them, and where that is missed nothing does.

Example

Before:

```go
type client struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func dial(ctx context.Context) *client {
	c := &client{}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	go c.keepAlive()
	return c
}

func (c *client) keepAlive() {
	<-c.ctx.Done()
	println("closed")
}
```

After:

```go
type client struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func dial(ctx context.Context) *client {
	c := &client{}
	c.ctx, c.cancel = context.WithCancel(ctx)
	go c.keepAlive()
	return c
}

func (c *client) keepAlive() {
	<-c.ctx.Done()
	println("closed")
}
```

Not offered unless the goroutine waits for the ``Done`` of a field, the package gives that field
a context in one place, and there, or where the context that it derives from is made, a
``context.Background`` or ``context.TODO`` stands in a function with a context of its own.

Never preferred: the new context may be meant to outlive the call.
"""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.partners import communications, received
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import FUNCTIONS, function_of, lookup, statement_around
from goleak_lsp.golang.package import Located, parameters
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

NAME = "parent-context"

_DEPTH = 4
_ROOTS = ("Background", "TODO")


class Evidence(Frozen):
    """The ``context.Background()`` to replace, the field that is derived from it, and the context at hand."""

    root: Located
    field: str
    context: str


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    root = evidence.root
    edit = Edit(root.node.start_byte, root.node.end_byte, evidence.context)
    title = f"Derive {evidence.field} from {evidence.context} (what watches it then ends with the caller)"
    return Offer(NAME, title, root.path, (edit,), False)


def detect(target: Target) -> Evidence | None:
    """Where the context that the goroutine waits for comes from nothing, with another at hand."""
    node = target.node
    if node.type == "select_statement":
        waited = [c for c in map(received, communications(node)) if c is not None]
    else:
        waited = [target.channel] if target.channel is not None and target.operation.kind != "chan-send" else []
    fields = [field for c in waited if (field := _field(target.file, c))]
    found = [e for field in fields for e in _sources(target, field, _DEPTH)]
    return found[0] if len(found) == 1 else None


def _field(file: GoFile, channel: Node) -> str:
    """``ctx`` in ``c.ctx.Done()``."""
    called = channel.child_by_field_name("function") if channel.type == "call_expression" else None
    if called is None or called.type != "selector_expression":
        return ""
    context = called.child_by_field_name("operand")
    is_done = file.text(called.child_by_field_name("field")) == "Done" and context.type == "selector_expression"
    return file.text(context.child_by_field_name("field")) if is_done else ""


def _sources(target: Target, field: str, depth: int) -> Iterator[Evidence]:
    """The roots of the contexts that the package assigns to a field, or to fields that those derive from."""
    for use in target.package.mentions(field):
        parent = _derived_from(use) if depth else None
        if parent is None:
            continue
        if parent.type == "selector_expression":
            # A field of the same name is one of another type: all of them are looked at already.
            name = use.file.text(parent.child_by_field_name("field"))
            yield from _sources(target, name, depth - 1) if name != field else ()
        elif _is_root(use.file, parent) and (context := _at_hand(use.file, parent)):
            yield Evidence(Located(use.path, use.file, parent), use.file.text(use.node.parent), context)


def _derived_from(use: Located) -> Node | None:
    """The context that is handed to ``context.With…`` where the field is assigned its result."""
    selector = use.node.parent
    targets = selector.parent
    statement = targets.parent if targets is not None and targets.type == "expression_list" else None
    if selector.type != "selector_expression" or statement is None or statement.type != "assignment_statement":
        return None
    values = statement.child_by_field_name("right").named_children
    if targets != statement.child_by_field_name("left") or targets.named_children[0] != selector or len(values) != 1:
        return None
    call, file = values[0], use.file
    called = call.child_by_field_name("function") if call.type == "call_expression" else None
    package, _, name = file.text(called).partition(".") if called is not None else ("", "", "")
    arguments = call.child_by_field_name("arguments").named_children if name.startswith("With") else []
    return arguments[0] if arguments and file.imports.get(package) == "context" else None


def _is_root(file: GoFile, node: Node) -> bool:
    package, _, name = file.text(node).partition(".")
    return node.type == "call_expression" and file.imports.get(package) == "context" and name[:-2] in _ROOTS


def _at_hand(file: GoFile, node: Node) -> str:
    """A parameter of the functions around that is a context, where its name still means it."""
    place, function = statement_around(node), function_of(node)
    while function is not None and function.type in FUNCTIONS:
        for name, written in parameters(file, function):
            package, _, last = file.text(written).partition(".")
            if last == "Context" and file.imports.get(package) == "context" and name != "_":
                declared = lookup(file, place, name)
                if declared is not None and declared.node.type == "parameter_declaration":
                    return name
        function = function_of(function)
    return ""
