"""A function that may wait for ever gets a context from its callers.

Where a blocked function has no context, but everybody who calls it has one, the context is
handed down as the first parameter, and the blocked statement watches it.

Example

Before:

```go
func serve(ctx context.Context, jobs chan int) {
	enqueue(jobs, 1)
}

func enqueue(jobs chan int, job int) {
	jobs <- job
}
```

After:

```go
func serve(ctx context.Context, jobs chan int) {
	enqueue(ctx, jobs, 1)
}

func enqueue(ctx context.Context, jobs chan int, job int) {
	select {
	case jobs <- job:
	case <-ctx.Done():
		return
	}
}
```

Not offered where a context is in scope already, for functions that other packages could call
or that are used as values or by tests, for methods, nor where a caller has no context that can end.

Never preferred: it changes what the function does and how it is called.
"""

from __future__ import annotations

import re
from pathlib import Path

from goleak_lsp.fixes.contexts import contexts
from goleak_lsp.fixes.elements import element_type
from goleak_lsp.fixes.imports import Imported, imported
from goleak_lsp.fixes.leaving import return_statement
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.partners import communications, is_done, received
from goleak_lsp.fixes.statement import SELECT, Statement, statement_of, walk
from goleak_lsp.fixes.wrapping import Way, wrap
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.package import Located
from goleak_lsp.golang.syntax import Node
from goleak_lsp.text import Edit

NAME = "thread-context"


class Evidence(Frozen):
    """The statement, the function to change, and its calls with the context that each has."""

    found: Statement
    function: Node
    calls: tuple[tuple[Located, str], ...]
    packages: Imported


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, found = target.file, evidence.found
    leave = return_statement(file, found, "ctx.Err()")
    wrapped = wrap(file, found, Way("<-ctx.Done()", leave), element_type(file, found.channel)) if leave else None
    if wrapped is None:
        return None
    context = evidence.packages.names[0]
    parameter = _first(evidence.function.child_by_field_name("parameters"), f"ctx {context}.Context")
    changes: dict[Path, list[Edit]] = {target.path: [*evidence.packages.edits, parameter, *wrapped]}
    for call, name in evidence.calls:
        argument = _first(call.node.child_by_field_name("arguments"), name)
        changes.setdefault(call.path, []).append(argument)
    count = len(evidence.calls)
    title = f"Return when a context is done (adds a parameter for {count} caller{'' if count == 1 else 's'})"
    (path, edits), *others = ((path, tuple(sorted(e, key=lambda x: x.start))) for path, e in changes.items())
    return Offer(NAME, title, path, edits, False, tuple(others))


def _first(group: Node, text: str) -> Edit:
    """The edit that puts ``text`` first into parameters or arguments."""
    at = group.start_byte + 1
    return Edit(at, at, f"{text}, " if group.named_children else text)


def detect(target: Target) -> Evidence | None:
    """The blocked statement of a function without a context, all of whose callers have one."""
    file = target.file
    found = statement_of(file, target.operation)
    if found is None or _ends_by_itself(target, found) or next(contexts(file, found.node), None) is not None:
        return None
    function = found.function
    while function.type == "func_literal":
        outer = function_of(function)
        if outer is None:
            return None
        function = outer
    if not _may_change(target, function):
        return None
    located = Located(target.path, file, function)
    packages = imported(file, "context")
    calls = target.package.calls(located)
    if not calls or packages is None:
        return None
    contexts_of = [(call, next(contexts(call.file, call.node), None)) for call in calls]
    if any(name is None or function_of(call.node) == function for call, name in contexts_of):
        return None
    return Evidence(found, function, tuple(contexts_of), packages)


def _ends_by_itself(target: Target, found: Statement) -> bool:
    channels = [received(c) for c in communications(found.node)] if found.form == SELECT else [found.channel]
    return target.kind.startswith("nil-") or any(is_done(target.file, c) for c in channels)


def _may_change(target: Target, function: Node) -> bool:
    """Whether only this package can call the function, and ``ctx`` means nothing in it yet."""
    file = target.file
    name = file.text(function.child_by_field_name("name"))
    if function.type != "function_declaration" or name[:1].isupper() or name in ("main", "init"):
        return False
    if b"\n" in function.child_by_field_name("parameters").text:
        return False
    if any(re.search(rf"\b{name}\b".encode(), test.data) for test in target.tests()):
        return False
    return not any(n.type == "identifier" and file.text(n) == "ctx" for n in walk(function))
