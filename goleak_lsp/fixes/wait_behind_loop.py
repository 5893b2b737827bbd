"""A WaitGroup is waited for behind the loop that starts the goroutines, not in it.

All goroutines are counted before the loop, and its first round waits for all of them: those of
the later rounds are never started. Behind the loop, all of them run, and then the wait ends.

Example

Before:

```go
func restore(plugins []func()) {
	var group sync.WaitGroup
	group.Add(len(plugins))
	for _, plugin := range plugins {
		go func() {
			defer group.Done()
			plugin()
		}()
		group.Wait()
	}
}
```

After:

```go
func restore(plugins []func()) {
	var group sync.WaitGroup
	group.Add(len(plugins))
	for _, plugin := range plugins {
		go func() {
			defer group.Done()
			plugin()
		}()
	}
	group.Wait()
}
```

Not offered unless ``Add`` counts the very elements that the loop runs over, before it; each round
starts one goroutine that defers ``Done``; ``Wait`` ends the round; and no round is cut short.

Preferred: with one element nothing changes, and with more it never ended.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.groups import is_group
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import lookup
from goleak_lsp.golang.package import call_of, statements_of
from goleak_lsp.golang.syntax import GoFile, Node

NAME = "wait-behind-loop"

_CUTS = ("return_statement", "break_statement", "continue_statement", "goto_statement")


class Evidence(Frozen):
    """The Wait, and the loop whose last statement it is."""

    wait: Node
    loop: Node


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, text = target.file, target.file.text(evidence.wait)
    comment = lines.comment_behind(file, evidence.wait)
    edits = (lines.removed(file, evidence.wait, comment=True), lines.after(file, evidence.loop, text + comment))
    if None in edits:
        return None
    return Offer(NAME, f"Wait for {target.operation.operand} behind the loop", target.path, edits, True)


def detect(target: Target) -> Evidence | None:
    """The Wait that ends each round of a loop over what was counted before it."""
    file, group = target.file, target.operation.operand
    wait = target.node.parent if target.operation.kind == "wait" and group.isidentifier() else None
    if wait is None or wait.type != "expression_statement" or not is_group(file, lookup(file, wait, group)):
        return None
    loop = wait.parent.parent.parent
    clause = next((c for c in loop.named_children if c.type == "range_clause"), None)
    if loop.type != "for_statement" or clause is None or loop.parent.type != "statement_list":
        return None
    rounds = statements_of(loop.child_by_field_name("body"))
    started = [s for s in rounds if s.type == "go_statement"]
    if rounds[-1] != wait or len(started) != 1 or not _says_done(file, started[0], group):
        return None
    if any(n.type in _CUTS for s in rounds for n in walk(s, into_closures=False)):
        return None
    ranged = file.text(clause.child_by_field_name("right"))
    return Evidence(wait, loop) if _is_counted(file, loop, group, ranged) else None


def _says_done(file: GoFile, started: Node, group: str) -> bool:
    """Whether the goroutine is a literal that begins by deferring ``Done``."""
    literal = call_of(started).child_by_field_name("function")
    body = statements_of(literal.child_by_field_name("body")) if literal.type == "func_literal" else []
    return bool(body) and file.text(body[0]) == f"defer {group}.Done()"


def _is_counted(file: GoFile, loop: Node, group: str, ranged: str) -> bool:
    """Whether the last ``Add`` before the loop counts all that it runs over, and nobody else waits or counts."""
    mentions = [n for n in walk(loop.parent) if n.type == "call_expression"]
    calls = [file.text(n) for n in mentions if file.text(n.child_by_field_name("function")) == f"{group}.Add"]
    before = [n for n in loop.parent.named_children if n.start_byte < loop.start_byte]
    return calls == [f"{group}.Add(len({ranged}))"] and any(file.text(n) == calls[0] for n in before)
