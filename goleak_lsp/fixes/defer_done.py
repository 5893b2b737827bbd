"""A goroutine says ``Done`` on every way out.

``Wait`` returns when every ``Add`` has its ``Done``. Where a goroutine returns before it says
so, or never says so, the one who waits, waits for ever.

Example

Before:

```go
func fetchAll(urls []string, fetch func(string) error) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			if err := fetch(url); err != nil {
				return
			}
			println("fetched", url)
			wg.Done()
		}()
	}
	wg.Wait()
}
```

After:

```go
func fetchAll(urls []string, fetch func(string) error) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := fetch(url); err != nil {
				return
			}
			println("fetched", url)
		}()
	}
	wg.Wait()
}
```

Not offered unless the function says ``Done`` once, as a statement of its own and in no branch
or loop, behind a return; or starts right behind ``Add(1)`` and never mentions the WaitGroup, nor
may anything that it calls.

Preferred when nothing that the goroutine does behind ``Done``, or defers, can block.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.groups import is_group_call, operand_of, others_say_done
from goleak_lsp.fixes.model import Change, Offer, Target
from goleak_lsp.fixes.paths import body_statement, calls_named, defers_waiting, returns, waits
from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.package import Located, call_of
from goleak_lsp.golang.syntax import Node

NAME = "defer-done"


class Evidence(Frozen):
    """A function that may end without ``Done``: the call to defer instead, None where there is none."""

    function: Located
    group: str
    done: Node | None


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    changes = [_change(e) for e in evidence]
    if not changes or None in changes:
        return None
    safe = not any(e.done is not None and _waits_before(e) for e in evidence)
    title = f"Say {evidence[0].group}.Done() on every return"
    title += "" if safe else " (after what follows it now)"
    merged: dict = {}
    for path, edits in changes:
        merged[path] = (*merged.get(path, ()), *edits)
    (path, edits), *others = merged.items()
    return Offer(NAME, title, path, edits, safe, tuple(others))


def _waits_before(evidence: Evidence) -> bool:
    """Whether the function may wait for something between the ``Done`` and its end, where a deferred one runs."""
    file, function = evidence.function.file, evidence.function.node
    return bool(waits(file, function, evidence.done.end_byte)) or defers_waiting(file, function)


def _change(evidence: Evidence) -> Change | None:
    file = evidence.function.file
    edits = [lines.first(file, evidence.function.node, f"defer {evidence.group}.Done()")]
    if evidence.done is not None:
        edits.append(lines.removed(file, evidence.done))
    return None if None in edits else (evidence.function.path, tuple(edits))


def detect(target: Target) -> list[Evidence]:
    """The functions that serve the WaitGroup and may end without saying so."""
    if target.operation.kind != "wait" or not is_group_call(target.file, target.node):
        return []
    group = target.operation.operand
    last = group.rpartition(".")[2]
    found = []
    for call in target.package.method_calls("Done"):
        function = function_of(call.node)
        if function is not None:
            found.append(_skipping(Located(call.path, call.file, function), last))
    for call in target.package.method_calls("Add"):
        found.append(_silent(call, target, group))
    return [e for e in found if e is not None]


def _skipping(function: Located, last: str) -> Evidence | None:
    """A function whose one ``Done`` stands behind a return."""
    file, node = function.file, function.node
    calls = [c for c in calls_named(file, node, "Done", "Add") if function_of(c) == node]
    calls = [c for c in calls if (operand_of(file, c) or "").rpartition(".")[2] == last and is_group_call(file, c)]
    if len(calls) != 1 or calls[0].parent.type != "expression_statement":
        return None
    statement = calls[0].parent
    if not file.text(calls[0]).endswith(".Done()") or body_statement(statement) != statement:
        return None
    early = returns(node, node.start_byte, statement.start_byte)
    return Evidence(function, operand_of(file, calls[0]), statement) if early else None


def _silent(add: Located, target: Target, group: str) -> Evidence | None:
    """A goroutine that starts right behind ``Add(1)`` and never mentions the WaitGroup."""
    file, started = add.file, add.node.parent.next_named_sibling
    if file is not target.file or add.text != f"{group}.Add(1)" or "." in group:
        return None
    if started is None or started.type != "go_statement":
        return None
    literal = call_of(started).child_by_field_name("function")
    if literal is None or literal.type != "func_literal":
        return None
    mentions = any(n.type == "identifier" and file.text(n) == group for n in walk(started))
    if mentions or others_say_done(target.package, file, started, group):
        return None
    return Evidence(Located(add.path, file, literal), group, None)
