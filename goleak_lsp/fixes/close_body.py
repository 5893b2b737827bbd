"""A response body, a database, its rows or a client connection is closed by the function that opened it.

What is never closed keeps goroutines of its library: a response its connection's two loops, a
``sql.DB`` its opener, rows one that waits for their context, a ``grpc.ClientConn`` its
transport. None of their stacks shows the user's code; the finding names the line that is likely
to blame.

Example

Before:

```go
package p

import (
	"fmt"
	"net/http"
)

func status(url string) (string, error) {
	resp, err := http.Get(url)
	if err != nil {
		return "", fmt.Errorf("status of %s: %w", url, err)
	}
	return resp.Status, nil
}
```

After:

```go
package p

import (
	"fmt"
	"net/http"
)

func status(url string) (string, error) {
	resp, err := http.Get(url)
	if err != nil {
		return "", fmt.Errorf("status of %s: %w", url, err)
	}
	defer resp.Body.Close()
	return resp.Status, nil
}
```

A response whose error is not left on is closed where there is one. In a loop, where a ``defer``
would wait for the function's end, a body or rows are closed at the end of each round.

Not offered where the result is dropped, for a database or a connection whose error is not
checked right behind or that is opened in a loop, where a round of the loop may end early, and
where a closure uses the result.

Preferred when the function returns plain values, which hold nothing of what is closed, and what
reads a body is used by the function alone.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.leaving import results_are_plain
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import error_check
from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import in_loop
from goleak_lsp.golang.names import function_of, lookup
from goleak_lsp.golang.neglect import BODY, CLIENT, DATABASE, ROWS, neglected
from goleak_lsp.golang.package import statements_of
from goleak_lsp.golang.scope import identifiers
from goleak_lsp.golang.syntax import GoFile, Node

NAME = "close-body"

_CLOSES = {BODY: "Body.Close()", DATABASE: "Close()", ROWS: "Close()", CLIENT: "Close()"}


class Evidence(Frozen):
    """What must be closed, as a call; the statement behind which that goes; and what must not be nil there.

    ``defers`` is false at the end of a loop's round.
    """

    close: str
    behind: Node
    guard: str = ""
    defers: bool = True


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    statement = f"defer {evidence.close}" if evidence.defers else evidence.close
    guard = evidence.guard
    added = (f"if {guard} != nil {{", f"\t{statement}", "}") if guard else (statement,)
    edit = lines.after(target.file, evidence.behind, *added)
    if edit is None:
        return None
    function = function_of(evidence.behind)
    declaration = target.node.parent.parent
    safe = results_are_plain(target.file, function) and not _is_kept(target.file, function, declaration)
    title = f"Defer {evidence.close}" if evidence.defers else f"Call {evidence.close} in each round"
    title += "" if safe else " (if nothing of it is kept)"
    return Offer(NAME, title, target.path, (edit,), safe)


def detect(target: Target) -> Evidence | None:
    """The opening call that a finding blames, if its result stays in its function and is not closed."""
    file, operation = target.file, target.operation
    if operation.kind != "call":
        return None
    what = next((n.what for n in neglected(file) if n.start == operation.start), "")
    declaration = target.node.parent.parent
    if what not in _CLOSES or declaration.type != "short_var_declaration":
        return None
    name, *error = (file.text(n) for n in declaration.child_by_field_name("left").named_children)
    close = f"{name}.{_CLOSES[what]}"
    if not _stays(file, declaration, name):
        return None
    checked = error_check(file, declaration, error[0]) if error else None
    guard = name if what == BODY and checked is None else ""
    if in_loop(declaration):
        last = _end_of_round(declaration, checked) if what == BODY or (what == ROWS and checked is not None) else None
        return Evidence(close, last, guard, defers=False) if last is not None else None
    behind = (checked if error else declaration) if not guard else _looked_at(file, declaration, error)
    return Evidence(close, behind, guard) if behind is not None else None


def _looked_at(file: GoFile, declaration: Node, error: list[str]) -> Node:
    """The ``if err != nil { … }`` behind the declaration, if there is one, else the declaration."""
    after = declaration.next_named_sibling
    if after is None or after.type != "if_statement" or not error:
        return declaration
    return after if file.text(after.child_by_field_name("condition")) == f"{error[0]} != nil" else declaration


def _end_of_round(declaration: Node, checked: Node | None) -> Node | None:
    """The last statement of a loop's body, if nothing behind the declaration can go round it."""
    body = declaration.parent
    loop = body.parent.parent
    if loop is None or loop.type != "for_statement" or loop.child_by_field_name("body") != body.parent:
        return None
    start = (checked or declaration).end_byte
    leaves = (n for n in walk(body, into_closures=False) if n.start_byte >= start and n.type in _LEAVING)
    return None if any(leaves) else statements_of(body.parent)[-1]


_LEAVING = ("return_statement", "break_statement", "continue_statement", "goto_statement", "labeled_statement")


def _is_kept(file: GoFile, function: Node, declaration: Node) -> bool:
    """Whether a reader made of the result is more than read from in the function itself."""
    name = file.text(declaration.child_by_field_name("left").named_children[0])
    for use in identifiers(file, function, name):
        given = use.parent.parent
        if given.type != "argument_list" or file.text(use.parent) != f"{name}.Body":
            continue
        call, holder = given.parent, given.parent.parent
        made = file.text(call.child_by_field_name("function")).rpartition(".")[2].startswith("New")
        if made and holder.type != "selector_expression" and not _is_only_read(file, function, holder.parent):
            return True
    return False


def _is_only_read(file: GoFile, function: Node, declaration: Node) -> bool:
    """Whether a declared reader is only asked by its methods, in the function itself."""
    if declaration.type != "short_var_declaration":
        return False
    name = declaration.child_by_field_name("left").named_children[0]
    uses = (use for use in identifiers(file, function, file.text(name)) if use != name)
    return all(use.parent.type == "selector_expression" and function_of(use) == function for use in uses)


def _stays(file: GoFile, declaration: Node, name: str) -> bool:
    """Whether the function itself is all that uses the result."""
    function = function_of(declaration)
    if name == "_" or function is None:
        return False
    for use in identifiers(file, function, name):
        declared = lookup(file, use, name)
        if declared is not None and declared.node == declaration and function_of(use) != function:
            return False
    return True
