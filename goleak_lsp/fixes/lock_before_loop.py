"""A lock that is given back behind a loop is taken before it.

Each round of the loop locks, and nothing unlocks but what follows the loop: the second round
waits for the lock that the first one took.

Example

Before:

```go
type proxy struct {
	mu    sync.Mutex
	tried int
}

func (p *proxy) connect(dial func() error) {
	for range 3 {
		p.mu.Lock()
		p.tried++
		if dial() == nil {
			break
		}
	}
	p.mu.Unlock()
}
```

After:

```go
type proxy struct {
	mu    sync.Mutex
	tried int
}

func (p *proxy) connect(dial func() error) {
	p.mu.Lock()
	for range 3 {
		p.tried++
		if dial() == nil {
			break
		}
	}
	p.mu.Unlock()
}
```

Not offered unless the Lock begins the rounds, the one Unlock of the function follows the loop,
no round returns, and nobody else gives the lock back.

Preferred: the lock is held as long as before, and no round waits for another.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.locking import Taken, is_exported, key_of, released_elsewhere, releases, taken
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import lookup
from goleak_lsp.golang.package import statements_of
from goleak_lsp.golang.syntax import GoFile, Node

NAME = "lock-before-loop"


class Evidence(Frozen):
    """The Lock, and the loop whose rounds it begins."""

    lock: Taken
    loop: Node


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    file, statement = evidence.lock.where.file, evidence.lock.where.node
    text = file.text(statement) + lines.comment_behind(file, statement)
    edits = (lines.before(file, evidence.loop, text), lines.removed(file, statement, comment=True))
    if None in edits:
        return None
    title = f"Lock {evidence.lock.operand} before the loop, behind which it is unlocked"
    return Offer(NAME, title, evidence.lock.where.path, edits, True)


def detect(target: Target) -> Evidence | None:
    """The Lock of the loop's rounds: the blocked one, or one that keeps it waiting."""
    called = target.node.child_by_field_name("function") if target.node.type == "call_expression" else None
    operand = called.child_by_field_name("operand") if called is not None else None
    key = key_of(target.file, operand) if operand is not None else None
    locks = [lock for lock in taken(target.package) if lock.key == key and lock.method == "Lock"] if key else []
    functions = {lock.function.start_byte for lock in locks}
    for lock in locks:
        loop = _loop(lock)
        if loop is not None and not is_exported(lock) and not released_elsewhere(target.package, lock, functions):
            return Evidence(lock, loop)
    return None


def _loop(lock: Taken) -> Node | None:
    file, statement = lock.where.file, lock.where.node
    body = statement.parent.parent
    loop = body.parent if body is not None and body.type == "block" else None
    if loop is None or loop.type != "for_statement" or loop.parent.type != "statement_list":
        return None
    given = [call.parent for call in releases(lock)]
    if statements_of(body)[0] != statement or given != [_next(loop)] or given[0].type != "expression_statement":
        return None
    leaves = any(n.type in ("return_statement", "goto_statement") for n in walk(body, into_closures=False))
    return loop if not leaves and _means_the_same(file, lock, loop) else None


def _next(statement: Node) -> Node | None:
    after = statement.next_named_sibling
    while after is not None and after.type == "comment":
        after = after.next_named_sibling
    return after


def _means_the_same(file: GoFile, lock: Taken, loop: Node) -> bool:
    """Whether the name of what is locked means the same in the loop and before it."""
    name = lock.operand.partition(".")[0]
    inside, outside = lookup(file, lock.where.node, name), lookup(file, loop, name)
    return (inside and inside.node) == (outside and outside.node)
