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

Not offered when no context is in scope that can end while the statement waits
(``context.Background`` never does, nor one that this very function cancels later, and one
whose end led here has ended); when the operation is part of a larger statement or shares its
line; when the select has a ``default`` or a case on a ``Done`` already; when the type of the
elements is needed and this file does not tell it; for a ``range`` that assigns or whose channel
changes; in a function with ``goto``.

Not preferred in a function that is not run on the spot, which others may need longer; preferred
only when every use of the channel is in sight and its other side has another way
out, is not raced and cannot meet a channel that leaving closes; and when no clean-up behind
the statement is skipped: one that is not deferred, such as ``mu.Unlock``, ``wg.Done`` or
``close``.
"""

from __future__ import annotations

from goleak_lsp.fixes.contexts import contexts, may_outlive
from goleak_lsp.fixes.elements import element_type
from goleak_lsp.fixes.leaving import return_statement, skips_nothing
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.partners import communications, is_done, partners_leave, received
from goleak_lsp.fixes.statement import SELECT, Statement, statement_of
from goleak_lsp.fixes.wrapping import Way, wrap
from goleak_lsp.frozen import Frozen

NAME = "done-case"


class Evidence(Frozen):
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
    cost = _cost(target, evidence)
    title = f"Return when {evidence.context} is done"
    return Offer(NAME, f"{title} ({cost})" if cost else title, target.path, edits, safe=not cost)


def _cost(target: Target, evidence: Evidence) -> str:
    """What speaks against the edit; empty where it is safe."""
    found = evidence.found
    if may_outlive(target.file, found.node, evidence.context):
        return "others may need it longer"
    if not skips_nothing(target.file, found):
        return "skips what follows"
    if not partners_leave(target.file, target.function, found):
        return "the other side must not rely on it"
    return ""


def detect(target: Target) -> Evidence | None:
    """The statement, a context that can end, and what the function returns then."""
    found = statement_of(target.file, target.operation)
    if found is None or _watches(target, found):
        return None
    context = next(contexts(target.file, found.node), None)
    if context is None:
        return None
    leave = return_statement(target.file, found, f"{context}.Err()")
    return Evidence(found, context, leave) if leave else None


def _watches(target: Target, found: Statement) -> bool:
    """Whether it waits for a ``Done`` already."""
    if found.form != SELECT:
        return is_done(target.file, found.channel)
    return any(is_done(target.file, received(c)) for c in communications(found.node))
