"""A context that a function derives ends with the function.

Every context of ``context.WithCancel``, ``WithTimeout`` or ``WithDeadline`` must be cancelled
by somebody. Where the cancel function is dropped, or skipped by an early return, whoever waits
for ``Done`` waits for ever, or until the time is over.

Example

Before:

```go
func handle(parent context.Context) {
	ctx, _ := context.WithCancel(parent)
	go func() {
		<-ctx.Done()
		println("cleaned up")
	}()
}
```

After:

```go
func handle(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	go func() {
		<-ctx.Done()
		println("cleaned up")
	}()
}
```

Not offered when the context or its cancel function is returned, stored or passed to a
goroutine of another function, when ``cancel`` is deferred already or called by a closure, and
when the context is derived in a loop, where a ``defer`` would wait for the function's end.

Preferred only for a context without a time limit, when the function returns plain values, for
anything else may need the context longer, when all that its goroutines do with the context is
to wait for its end, and when no other package but the standard library's is given it.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.leaving import results_are_plain
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.partners import communications, is_done, received
from goleak_lsp.fixes.paths import function_name
from goleak_lsp.fixes.wrapping import unused_name
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import Site, in_loop, origin_of, sites_of, starts_at
from goleak_lsp.golang.names import Declared, function_of, lookup, value_of
from goleak_lsp.golang.package import Located
from goleak_lsp.golang.scope import identifiers
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

NAME = "defer-cancel"

_DERIVING = (
    "WithCancel", "WithCancelCause", "WithDeadline", "WithDeadlineCause", "WithTimeout", "WithTimeoutCause",
)  # fmt: skip
_WATCHING = ("Done", "Err", "Value", "Deadline")


class Evidence(Frozen):
    """The statement that derives the context, in its file, and every use of the context."""

    name: Located
    statement: Node
    cancel: Node
    sites: tuple[Site, ...]


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, statement, function = evidence.name.file, evidence.statement, function_of(evidence.statement)
    name = file.text(evidence.cancel)
    edits = []
    if name == "_":
        name = unused_name(file, function, ("cancel", "stop", "cancelContext"))
        edits.append(Edit(evidence.cancel.start_byte, evidence.cancel.end_byte, name or "_"))
    argument = "nil" if "Cause(" in file.text(statement) and "WithCancelCause" in file.text(statement) else ""
    added = lines.after(file, statement, f"defer {name}({argument})")
    if added is None or name is None:
        return None
    safe = _ends_with_the_function(target, evidence)
    title = f"Cancel {evidence.name.text} when {function_name(file, function, 'the function')} returns"
    title += "" if safe else " (it may be needed longer)"
    return Offer(NAME, title, evidence.name.path, (*edits, added), safe)


def detect(target: Target) -> Evidence | None:
    """The context that the blocked operation watches, if a function of the package derives and drops it."""
    found = _blamed(target)
    if found is None and (name := _context(target)) is not None:
        found = origin_of(target.package, target.path, target.file, name)
    if found is None:
        return None
    at, declared = found
    statement = declared.node
    if statement.type != "short_var_declaration" or declared.index or not _derives(at.file, declared):
        return None
    cancel = statement.child_by_field_name("left").named_children[1]
    if statement.parent.type != "statement_list" or in_loop(statement) or not _is_dropped(at.file, cancel):
        return None
    sites = sites_of(target.package, at, declared)
    return Evidence(at, statement, cancel, sites) if not any(_is_kept(s) for s in sites) else None


def _blamed(target: Target) -> tuple[Located, Declared] | None:
    """The context of a call that derives it, where the finding blames the call itself."""
    statement = target.node.parent.parent if target.operation.kind == "call" else None
    if statement is None or statement.type != "short_var_declaration":
        return None
    name = statement.child_by_field_name("left").named_children[0]
    return Located(target.path, target.file, name), Declared(statement)


def _context(target: Target) -> Node | None:
    """The name of the context whose ``Done`` the operation waits for."""
    node = target.node
    if node.type == "select_statement":
        channels = [c for c in map(received, communications(node)) if is_done(target.file, c)]
    else:
        channels = [target.channel] if is_done(target.file, target.channel) else []
    if len(channels) != 1 or channels[0].type != "call_expression":
        return None
    operand = channels[0].child_by_field_name("function").child_by_field_name("operand")
    return operand if operand is not None and operand.type == "identifier" else None


def _derives(file: GoFile, declared: Declared) -> bool:
    call = value_of(declared)
    if call is None or call.type != "call_expression":
        return False
    package, _, name = file.text(call.child_by_field_name("function")).partition(".")
    return name in _DERIVING and file.imports.get(package) == "context"


def _is_dropped(file: GoFile, cancel: Node) -> bool:
    """Whether the cancel function is at most called by this very function, and not deferred."""
    name = file.text(cancel)
    if name == "_":
        return True
    function = function_of(cancel)
    uses = [n for n in identifiers(file, function, name) if n != cancel]
    for use in uses:
        declared = lookup(file, use, name)
        if declared is None or declared.node != cancel.parent.parent:
            continue
        if function_of(use) != function or not (_is_discarded(file, use) or _is_called(use)):
            return False
    return True


def _is_called(use: Node) -> bool:
    call = use.parent
    return call.type == "call_expression" and call.parent.type == "expression_statement"


def _is_discarded(file: GoFile, use: Node) -> bool:
    """``_ = cancel``, which keeps the compiler content."""
    assignment = use.parent.parent
    return assignment.type == "assignment_statement" and file.text(assignment.child_by_field_name("left")) == "_"


def _is_watched(site: Site) -> bool:
    parent = site.node.parent
    return parent.type == "selector_expression" and site.file.text(parent.child_by_field_name("field")) in _WATCHING


def _is_kept(site: Site) -> bool:
    """Whether anything but a call of a plain function and a look at it is done with the context."""
    if _is_watched(site):
        return False
    return site.node.parent.type != "argument_list" or site.node.parent.parent.parent.type in (
        "go_statement", "return_statement",
    )  # fmt: skip


def _ends_with_the_function(target: Target, evidence: Evidence) -> bool:
    """Whether nobody can need the context when the function has returned."""
    function = function_of(evidence.statement)
    if "WithCancel" not in evidence.name.file.text(evidence.statement):
        # What waits for a time limit is woken too early by a cancel.
        return False
    if not results_are_plain(evidence.name.file, function) or target.node.type == "select_statement":
        return False
    return all(_is_over(s, starts_at(s, function) == []) for s in evidence.sites)


def _is_over(site: Site, in_function: bool) -> bool:
    """Whether a use ends with the function, or waits for nothing but the end of the context."""
    if _is_watched(site):
        return in_function or _only_waits(site)
    called = site.node.parent.parent.child_by_field_name("function")
    package = site.file.imports.get(site.file.text(called).partition(".")[0], "context")
    return in_function and package != "context" and "." not in package.split("/")[0]


def _only_waits(site: Site) -> bool:
    """Whether the use is ``<-ctx.Done()`` as a statement of its own."""
    receive = site.node.parent.parent.parent
    return receive.type == "unary_expression" and receive.parent.type == "expression_statement"
