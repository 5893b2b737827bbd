"""A loop that sleeps between its rounds ends with the context.

A goroutine that works, sleeps and works again for ever outlives whoever started it. Instead
of sleeping it waits for the time or the end of the context, whichever comes first.

Example

Before:

```go
func poll(ctx context.Context, ask func()) {
	for {
		ask()
		time.Sleep(time.Minute)
	}
}
```

After:

```go
func poll(ctx context.Context, ask func()) {
	for {
		ask()
		select {
		case <-time.After(time.Minute):
		case <-ctx.Done():
			return
		}
	}
}
```

Not offered outside of a loop, nor where no context is in scope that can end while the loop
sleeps, nor in a loop that looks for the end of the context already.

Preferred when nothing is left to clean up behind the loop, and not in a function that is not
run on the spot, as that of a ``sync.Once``: others may need the loop longer.
"""

from __future__ import annotations

from typing import NamedTuple

from goleak_lsp.fixes.contexts import contexts, may_outlive
from goleak_lsp.fixes.leaving import return_statement, skips_nothing
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import calls_named
from goleak_lsp.fixes.statement import BARE, Statement
from goleak_lsp.fixes.wrapping import begins_line, ends_line, indent_at, newline_of
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

NAME = "loop-exit"


class Evidence(NamedTuple):
    """The statement that sleeps, and the context and the return that lead out of its loop."""

    found: Statement
    context: str
    leave: str


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, node = target.file, evidence.found.node
    call = node.named_children[0]
    package = file.text(call.child_by_field_name("function")).partition(".")[0]
    duration = file.text(call.child_by_field_name("arguments").named_children[0])
    lines = (
        "select {", f"case <-{package}.After({duration}):", f"case <-{evidence.context}.Done():",
        f"\t{evidence.leave}", "}",
    )  # fmt: skip
    text = (newline_of(file) + indent_at(file, node.start_byte)).join(lines)
    cost = _cost(file, evidence)
    title = f"Leave the loop when {evidence.context} is done" + (f" ({cost})" if cost else "")
    return Offer(NAME, title, target.path, (Edit(node.start_byte, node.end_byte, text),), not cost)


def _cost(file: GoFile, evidence: Evidence) -> str:
    if may_outlive(file, evidence.found.node, evidence.context):
        return "others may need it longer"
    return "" if skips_nothing(file, evidence.found) else "skips what follows"


def detect(target: Target) -> Evidence | None:
    """A ``time.Sleep`` in a loop that never looks at the context in scope."""
    file, node = target.file, target.node
    if target.operation.kind != "sleep" or node.parent.type != "expression_statement":
        return None
    statement = node.parent
    function, loop = function_of(statement), _loop_around(statement)
    if loop is None or not (begins_line(file, statement.start_byte) and ends_line(file, statement.end_byte)):
        return None
    if not node.child_by_field_name("arguments").named_children or b"\n" in statement.text:
        return None
    context = next(contexts(file, statement), None)
    if context is None or any(_asks(file, call, context) for call in calls_named(file, loop, "Done", "Err")):
        return None
    found = Statement(BARE, statement, function)
    leave = return_statement(file, found, f"{context}.Err()")
    return Evidence(found, context, leave) if leave else None


def _asks(file: GoFile, call: Node, context: str) -> bool:
    return file.text(call.child_by_field_name("function").child_by_field_name("operand") or call) == context


def _loop_around(statement: Node) -> Node | None:
    at, function = statement.parent, function_of(statement)
    while at is not None and at != function:
        if at.type == "for_statement":
            return at
        at = at.parent
    return None
