"""A goroutine is counted before it starts.

``Add`` inside of the goroutine comes too late: ``Wait`` may look before any goroutine has
begun, find nothing to wait for and return. Whoever the goroutines speak to has left then.

Example

Before:

```go
func sum(values []int) (total int) {
	var wg sync.WaitGroup
	numbers, quit := make(chan int), make(chan bool)
	go func() {
		for {
			select {
			case n := <-numbers:
				total += n
			case <-quit:
				return
			}
		}
	}()
	for _, v := range values {
		go func() {
			wg.Add(1)
			defer wg.Done()
			numbers <- v
		}()
	}
	wg.Wait()
	quit <- true
	return total
}
```

After:

```go
func sum(values []int) (total int) {
	var wg sync.WaitGroup
	numbers, quit := make(chan int), make(chan bool)
	go func() {
		for {
			select {
			case n := <-numbers:
				total += n
			case <-quit:
				return
			}
		}
	}()
	for _, v := range values {
		wg.Add(1)
		go func() {
			defer wg.Done()
			numbers <- v
		}()
	}
	wg.Wait()
	quit <- true
	return total
}
```

Not offered unless the blocked send stands in a literal that a ``go`` statement runs, which
begins with ``Add(1)`` on a WaitGroup of the function around it. Not where only
who waits for the group receives: it would wait for the goroutine, and the goroutine for it.

Preferred when the goroutine says ``Done`` in a ``defer``, and no goroutine both waits for it and
receives.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.groups import is_group, operand_of
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import body_statement, calls_named
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.flow import flow_of, go_of
from goleak_lsp.golang.names import function_of, lookup
from goleak_lsp.golang.syntax import Node

NAME = "add-before-go"


class Evidence(Frozen):
    """The ``go`` statement, and the ``Add(1)`` in the literal that it runs."""

    started: Node
    add: Node
    group: str


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, group = target.file, evidence.group
    added = lines.before(file, evidence.started, f"{group}.Add(1)")
    gone = lines.removed(file, evidence.add)
    flow = flow_of(target.package, target.path, file, target.channel)
    calls = calls_named(file, function_of(evidence.started), "Wait")
    waiting = [function_of(call) for call in calls if operand_of(file, call) == group]
    takers = [site.function not in waiting for site in flow.of("receive", "range")] if flow is not None else []
    if added is None or gone is None or (flow is not None and not any(takers) and not flow.of("escape")):
        return None
    literal = function_of(evidence.add)
    done = [c for c in calls_named(file, literal, "Done") if operand_of(file, c) == group]
    counted = len(done) == 1 and done[0].parent.type == "defer_statement" and bool(waiting)
    safe = counted and flow is not None and all(takers) and not flow.of("escape")
    title = f"Count the goroutine before it starts ({group}.Add)"
    title += "" if safe else " (who waits then must not be who receives)"
    return Offer(NAME, title, target.path, (added, gone), safe)


def detect(target: Target) -> Evidence | None:
    """A blocked send in a goroutine that counts itself at its beginning."""
    if target.operation.kind != "chan-send":
        return None
    file, literal = target.file, function_of(target.node)
    started = go_of(literal) if literal is not None else None
    if started is None or started.type != "go_statement":
        return None
    for call in calls_named(file, literal, "Add"):
        statement, group = call.parent, operand_of(file, call)
        if file.text(statement) != f"{group}.Add(1)" or body_statement(call) != statement:
            continue
        declared = lookup(file, started, group) if statement.start_byte < target.operation.start else None
        if is_group(file, declared) and lookup(file, call, group).node == declared.node:
            return Evidence(started, statement, group)
    return None
