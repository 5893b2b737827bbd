"""A blocked statement becomes a select that also ends with the context.

A goroutine that sends, receives or selects without watching its context stays for ever when
the other side has left. With a second case it returns as soon as the context is done. The
case always returns: a ``break`` or an empty body would make a loop spin.

Example

Before:

```go
func produce(ctx context.Context, jobs []int, out chan<- int) error {
	for _, job := range jobs {
		out <- job
	}
	return nil
}
```

After:

```go
func produce(ctx context.Context, jobs []int, out chan<- int) error {
	for _, job := range jobs {
		select {
		case out <- job:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
```

A value that a receive declares keeps its scope, which takes the type of the channel's
elements; a ``range`` becomes a loop that asks in every round.

Not offered when no ``context.Context`` is in scope, or only one that never ends
(``context.Background``); when the operation is part of a larger statement; when the select
has a ``default`` or a case on a ``Done`` already; when the zero value of a result or the type
of the elements is not known from this file; in a function with ``goto``.

Preferred only when every use of the channel is in sight, nobody on the other side of it waits
without another way out, and nothing is left undone: a clean-up behind the statement that is
not deferred (``mu.Unlock``, ``wg.Done``, ``close``) would be skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

from goleak_lsp.fixes.leaving import return_statement, skips_nothing
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.names import contexts, element_type
from goleak_lsp.fixes.partners import communications, is_done, partners_leave, received
from goleak_lsp.fixes.statement import SELECT, Statement, statement_of
from goleak_lsp.fixes.wrapping import Way, wrap

NAME = "done-case"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The statement, and the context and the return that lead out of it."""

    found: Statement
    context: str
    leave: str


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, found = target.file, evidence.found
    way = Way(f"<-{evidence.context}.Done()", evidence.leave)
    edits = wrap(file, found, way, element_type(file, found.channel))
    if edits is None:
        return None
    safe = skips_nothing(file, found) and partners_leave(file, target.function, found)
    return Offer(NAME, f"Return when {evidence.context} is done", target.path, edits, safe)


def detect(target: Target) -> Evidence | None:
    """The statement, a context that can end, and what the function returns then."""
    found = statement_of(target.file, target.operation)
    if found is None or _watches(target, found):
        return None
    context = next(contexts(target.file, found.node), None)
    if context is None:
        return None
    leave = return_statement(target.file, target.function, f"{context}.Err()")
    return Evidence(found, context, leave) if leave else None


def _watches(target: Target, found: Statement) -> bool:
    """Whether it waits for a ``Done`` already."""
    if found.form != SELECT:
        return is_done(target.file, found.channel)
    return any(is_done(target.file, received(c)) for c in communications(found.node))
