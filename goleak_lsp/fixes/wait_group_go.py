"""A goroutine of a WaitGroup is started by ``Go``, which counts it and says ``Done``.

``wg.Add(1)``, a ``go`` statement and a ``Done`` on every way out belong together, and one of
them is easily forgotten. From Go 1.25 on ``wg.Go`` is all three.

Example

Before:

```go
func fetchAll(urls []string, fetch func(string)) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			fetch(url)
		}()
	}
	wg.Wait()
}
```

After:

```go
func fetchAll(urls []string, fetch func(string)) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Go(func() {
			fetch(url)
		})
	}
	wg.Wait()
}
```

Not offered before Go 1.25 in go.mod, nor unless ``Add(1)`` stands right before a ``go`` of a
literal without arguments, which never says ``Done``, nor lets anything say it, or says it at its
end alone, where a return skips it.
Editors show gopls' own edit where it is the same.

Preferred, unless deferring ``Done`` is.
"""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.groups import is_group, operand_of, others_say_done
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import body_statement, calls_named, defers_waiting, returns
from goleak_lsp.fixes.statement import walk
from goleak_lsp.fixes.wrapping import begins_line
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import function_of, lookup
from goleak_lsp.golang.package import call_of, statements_of
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

NAME = "wait-group-go"

_SINCE = (1, 25)


class Evidence(Frozen):
    """``Add(1)`` and the ``go`` behind it, and the ``Done`` of the literal, None where there is none."""

    add: Node
    started: Node
    literal: Node
    done: Node | None


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    found = list(detect(target))
    edits = [_edits(target.file, target.operation.operand, evidence) for evidence in found]
    if not found or None in edits:
        return None
    flat = tuple(sorted((edit for group in edits for edit in group), key=lambda e: e.start))
    title = f"Start the goroutines by {target.operation.operand}.Go"
    # Its analyzer waitgroupgo looks for a Done at the end, whatever returns before it.
    of_gopls = all(evidence.done is not None for evidence in found)
    return Offer(NAME, title, target.path, flat, True, of_gopls=of_gopls)


def _edits(file: GoFile, group: str, evidence: Evidence) -> list[Edit] | None:
    if not begins_line(file, evidence.add.start_byte):
        return None
    call = evidence.literal.parent
    # From the Add up to the literal, with the white space between the two statements.
    edits = [Edit(evidence.add.start_byte, evidence.literal.start_byte, f"{group}.Go(")]
    edits.append(Edit(evidence.literal.end_byte, call.end_byte, ")"))
    if evidence.done is not None:
        edits.append(lines.removed(file, evidence.done))
    between = file.data[evidence.add.end_byte : evidence.started.start_byte]
    return None if None in edits or between.strip() or _is_empty_then(evidence) else edits


def _is_empty_then(evidence: Evidence) -> bool:
    """Whether nothing is left in the literal but ``Done``."""
    return len(statements_of(evidence.literal.child_by_field_name("body"))) <= (evidence.done is not None)


def detect(target: Target) -> Iterator[Evidence]:
    """The goroutines of the blocked group, in its file, that could be started by ``Go`` and may not say ``Done``."""
    file, group = target.file, target.operation.operand
    version = tuple(int(n) for n in target.go_version.split(".")[:2] if n.isdigit())
    if target.operation.kind != "wait" or version < _SINCE or not group.isidentifier():
        return
    if not is_group(file, lookup(file, target.node, group)):
        return
    for started in walk(file.root):
        before = started.prev_named_sibling if started.type == "go_statement" else None
        if before is None or file.text(before) != f"{group}.Add(1)" or not _is_same(target, started, group):
            continue
        call = call_of(started)
        literal = call.child_by_field_name("function")
        if literal.type == "func_literal" and not call.child_by_field_name("arguments").named_children:
            yield from _evidence(target, before, started, literal)


def _is_same(target: Target, started: Node, group: str) -> bool:
    one, other = lookup(target.file, started, group), lookup(target.file, target.node, group)
    return one is not None and one.node == other.node


def _evidence(target: Target, add: Node, started: Node, literal: Node) -> Iterator[Evidence]:
    file, group = target.file, target.operation.operand
    mentions = [n for n in walk(literal) if n.type == "identifier" and file.text(n) == group]
    if not mentions:
        if not others_say_done(target.package, file, started, group):
            yield Evidence(add, started, literal, None)
        return
    calls = [c for c in calls_named(file, literal, "Done") if operand_of(file, c) == group]
    if len(mentions) != 1 or len(calls) != 1 or function_of(calls[0]) != literal:
        return
    statement = calls[0].parent
    statements = statements_of(literal.child_by_field_name("body"))
    is_last = statement.type == "expression_statement" and statement == statements[-1]
    if not is_last or body_statement(statement) != statement:
        return
    if returns(literal, literal.start_byte, statement.start_byte) and not defers_waiting(file, literal):
        yield Evidence(add, started, literal, statement)

