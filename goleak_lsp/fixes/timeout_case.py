"""A blocked statement becomes a select that also gives up after a time.

Where no context is at hand, a time limit keeps a goroutine from waiting for ever for a side
that has left. It changes what the program does when the other side is merely slow, and the
time is a guess: choose one that fits. A function that returns an error returns
``context.DeadlineExceeded``.

Example

Before:

```go
func ask(questions chan<- string, answers <-chan int) (int, error) {
	questions <- "how many?"
	return <-answers, nil
}
```

After:

```go
func ask(questions chan<- string, answers <-chan int) (int, error) {
	select {
	case questions <- "how many?":
	case <-time.After(5 * time.Second):
		return 0, context.DeadlineExceeded
	}
	return <-answers, nil
}
```

The imports of ``time`` and ``context`` are added where they are missing.

Not offered where time already ends the wait or a ``Done`` does; on a nil channel; when the operation is part of
a larger statement or shares its line; when the select has a ``default``; when the type of the
elements is needed and this file does not tell it; for a ``range`` that assigns or whose channel
changes; in a function with ``goto``; where ``time`` or ``context`` means something else; where the
function would return with a lock in hand that it does not defer to unlock, or that belongs to a
``sync.Cond``; and where it waits for a goroutine to end and a caller then closes a channel, on
which that goroutine may still send.

Never preferred.
"""

from __future__ import annotations

from goleak_lsp.fixes.abandoning import closes_after_join, keeps_lock
from goleak_lsp.fixes.elements import element_type
from goleak_lsp.fixes.imports import Imported, imported
from goleak_lsp.fixes.leaving import fails, return_statement
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.partners import communications, is_done, is_timer, received
from goleak_lsp.fixes.statement import SELECT, Statement, statement_of
from goleak_lsp.fixes.wrapping import Way, wrap
from goleak_lsp.frozen import Frozen

NAME = "timeout-case"

SECONDS = 5
"""How long the new case waits."""


class Evidence(Frozen):
    """The statement, the packages that the way out needs, and that way."""

    found: Statement
    packages: Imported
    way: Way


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, found = target.file, evidence.found
    edits = wrap(file, found, evidence.way, element_type(file, found.channel))
    if edits is None:
        return None
    title = f"Give up after {SECONDS} s (time.After)"
    return Offer(NAME, title, target.path, (*evidence.packages.edits, *edits), safe=False)


def detect(target: Target) -> Evidence | None:
    """The statement, and what the function returns when the time is over."""
    found = statement_of(target.file, target.operation)
    if found is None or target.kind.startswith("nil-") or _ends_by_itself(target, found):
        return None
    if keeps_lock(target, found) or closes_after_join(target, found):
        return None
    needed = ("context", "time") if fails(target.file, found.function) else ("time",)
    packages = imported(target.file, *needed)
    if packages is None:
        return None
    leave = return_statement(target.file, found, f"{packages.names[0]}.DeadlineExceeded")
    time = packages.names[-1]
    if leave is None:
        return None
    return Evidence(found, packages, Way(f"<-{time}.After({SECONDS} * {time}.Second)", leave))


def _ends_by_itself(target: Target, found: Statement) -> bool:
    channels = [received(c) for c in communications(found.node)] if found.form == SELECT else [found.channel]
    return any(is_done(target.file, c) or is_timer(target.file, c) for c in channels)
