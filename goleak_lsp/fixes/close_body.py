"""A response body, a database or a client connection is closed by the function that opened it.

What is never closed keeps goroutines of its library: a response its connection's two loops, a
``sql.DB`` its opener, a ``grpc.ClientConn`` its transport. None of their stacks shows the
user's code; the finding names the line that is likely to blame.

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

Not offered where the result is dropped or its error not checked right behind, in a loop, where
a ``defer`` would wait for the function's end, and where a closure uses the result.

Preferred when the function returns plain values, which hold nothing of what is closed.
"""

from __future__ import annotations

from typing import NamedTuple

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.leaving import results_are_plain
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import error_check
from goleak_lsp.golang.flow import in_loop
from goleak_lsp.golang.names import function_of, lookup
from goleak_lsp.golang.neglect import BODY, CLIENT, DATABASE, neglected
from goleak_lsp.golang.scope import identifiers
from goleak_lsp.golang.syntax import GoFile, Node

NAME = "close-body"

_CLOSES = {BODY: "Body.Close()", DATABASE: "Close()", CLIENT: "Close()"}


class Evidence(NamedTuple):
    """What must be closed, as a call, and the statement behind which it is surely there."""

    close: str
    behind: Node


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    edit = lines.after(target.file, evidence.behind, f"defer {evidence.close}") if evidence is not None else None
    if edit is None:
        return None
    safe = results_are_plain(target.file, function_of(evidence.behind))
    title = f"Defer {evidence.close}" + ("" if safe else " (if nothing of it is returned)")
    return Offer(NAME, title, target.path, (edit,), safe)


def detect(target: Target) -> Evidence | None:
    """The opening call that a finding blames, if its result stays in its function and is not closed."""
    file, operation = target.file, target.operation
    if operation.kind != "call":
        return None
    what = next((n.what for n in neglected(file) if n.start == operation.start), "")
    declaration = target.node.parent.parent
    if what not in _CLOSES or declaration.type != "short_var_declaration" or in_loop(declaration):
        return None
    names = declaration.child_by_field_name("left").named_children
    behind = declaration if len(names) == 1 else error_check(file, declaration, file.text(names[1]))
    if behind is None or not _stays(file, declaration, file.text(names[0])):
        return None
    return Evidence(f"{file.text(names[0])}.{_CLOSES[what]}", behind)


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
