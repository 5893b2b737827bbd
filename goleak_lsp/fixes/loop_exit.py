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

An endless loop that never waits looks at the context at the beginning of each round.

Not offered outside of a loop, nor where no context is in scope that can end while the loop
runs, nor in a loop that looks for the end of the context already.

Preferred when nothing is left to clean up behind the loop, and not in a function that is not
run on the spot, as that of a ``sync.Once``: others may need the loop longer.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.contexts import contexts, may_outlive
from goleak_lsp.fixes.leaving import return_statement, skips_nothing
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import calls_named
from goleak_lsp.fixes.statement import BARE, Statement
from goleak_lsp.fixes.wrapping import begins_line, ends_line, indent_at, newline_of
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.loops import endless_loop
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

NAME = "loop-exit"


class Evidence(Frozen):
    """The statement that sleeps, or the loop that never waits, and the context and the return that lead out of it."""

    found: Statement
    context: str
    leave: str


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, found = target.file, evidence.found
    edit = _asking(file, evidence) if found.node.type == "for_statement" else _waiting(file, evidence)
    if edit is None:
        return None
    cost = _cost(file, evidence)
    title = f"Leave the loop when {evidence.context} is done" + (f" ({cost})" if cost else "")
    return Offer(NAME, title, target.path, (edit,), not cost)


def _waiting(file: GoFile, evidence: Evidence) -> Edit:
    node = evidence.found.node
    call = node.named_children[0]
    package = file.text(call.child_by_field_name("function")).partition(".")[0]
    duration = file.text(call.child_by_field_name("arguments").named_children[0])
    steps = (
        "select {", f"case <-{package}.After({duration}):", f"case <-{evidence.context}.Done():",
        f"\t{evidence.leave}", "}",
    )  # fmt: skip
    text = (newline_of(file) + indent_at(file, node.start_byte)).join(steps)
    return Edit(node.start_byte, node.end_byte, text)


def _asking(file: GoFile, evidence: Evidence) -> Edit | None:
    asked = f"if {evidence.context}.Err() != nil {{"
    return lines.first(file, evidence.found.node, asked, f"\t{evidence.leave}", "}")


def _cost(file: GoFile, evidence: Evidence) -> str:
    if may_outlive(file, evidence.found.node, evidence.context):
        return "others may need it longer"
    return "" if skips_nothing(file, evidence.found) else "skips what follows"


def detect(target: Target) -> Evidence | None:
    """A loop that sleeps or never waits, and never looks at the context in scope."""
    file = target.file
    if target.kind == "busy-loop":
        statement = loop = _busy_loop(target)
    elif target.operation.kind == "sleep":
        statement = _sleep(target)
        loop = _loop_around(statement) if statement is not None else None
    else:
        return None
    if statement is None or loop is None:
        return None
    context = next(contexts(file, statement), None)
    if context is None or any(_asks(file, call, context) for call in calls_named(file, loop, "Done", "Err")):
        return None
    found = Statement(BARE, statement, function_of(statement))
    leave = return_statement(file, found, f"{context}.Err()")
    return Evidence(found, context, leave) if leave else None


def _sleep(target: Target) -> Node | None:
    """The statement that sleeps, alone on its line."""
    file, node = target.file, target.node
    statement = node.parent
    if statement.type != "expression_statement" or b"\n" in statement.text:
        return None
    alone = begins_line(file, statement.start_byte) and ends_line(file, statement.end_byte)
    return statement if alone and node.child_by_field_name("arguments").named_children else None


def _busy_loop(target: Target) -> Node | None:
    """The endless loop that the line is in, unless it is a select's, which could wait instead."""
    span = endless_loop(target.file, target.function, target.operation.line)
    if span is None or target.operation.kind == "select":
        return None
    node = target.file.node_at(*span)
    while node is not None and node.type != "for_statement":
        node = node.parent
    return node


def _asks(file: GoFile, call: Node, context: str) -> bool:
    return file.text(call.child_by_field_name("function").child_by_field_name("operand") or call) == context


def _loop_around(statement: Node) -> Node | None:
    at, function = statement.parent, function_of(statement)
    while at is not None and at != function:
        if at.type == "for_statement":
            return at
        at = at.parent
    return None
