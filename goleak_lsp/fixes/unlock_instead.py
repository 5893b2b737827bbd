"""A second Lock where the function meant to unlock.

A function locks, finds that there is nothing to do, and locks once more before it returns: a slip
for Unlock. It waits for itself, and everyone else waits for it.

Example

Before:

```go
type server struct {
	mu      sync.Mutex
	stopped bool
}

func (s *server) stop() {
	s.mu.Lock()
	if s.stopped {
		s.mu.Lock()
		return
	}
	s.stopped = true
	s.mu.Unlock()
}
```

After:

```go
type server struct {
	mu      sync.Mutex
	stopped bool
}

func (s *server) stop() {
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return
	}
	s.stopped = true
	s.mu.Unlock()
}
```

Not offered unless the function has locked the same lock before on every way there and not given
it back, nothing but a return follows the second Lock in its block, no Unlock is deferred, and
nobody else unlocks it: a turnstile waits by locking twice.

Preferred: with the lock in hand a second Lock waits for ever.
"""

from __future__ import annotations

from goleak_lsp.fixes.locking import Taken, is_exported, key_of, released_elsewhere, releases, taken
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import FUNCTIONS, function_of
from goleak_lsp.golang.syntax import Node
from goleak_lsp.text import Edit

NAME = "unlock-instead"


class Evidence(Frozen):
    """The Lock that is one too many, and the one that took the lock."""

    again: Taken
    first: Taken


def offer(target: Target) -> Offer | None:
    """The edit for ``target``, or None where it does not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    again = evidence.again
    node = again.where.node
    edit = Edit(node.start_byte, node.end_byte, again.release)
    return Offer(NAME, f"Unlock {again.operand} instead of locking it again", again.where.path, (edit,), True)


def detect(target: Target) -> Evidence | None:
    """The second Lock of a function that holds the lock already: the blocked one, or one that keeps it waiting."""
    called = target.node.child_by_field_name("function") if target.node.type == "call_expression" else None
    operand = called.child_by_field_name("operand") if called is not None else None
    key = key_of(target.file, operand) if operand is not None else None
    if key is None:
        return None
    locks = [lock for lock in taken(target.package) if lock.key == key and lock.method == "Lock"]
    for again in locks:
        for first in locks:
            if first.function == again.function and first.where.file is again.where.file and _is_slip(first, again):
                return None if _is_unlocked_by_others(target, again) else Evidence(again, first)
    return None


def _is_unlocked_by_others(target: Target, lock: Taken) -> bool:
    """Whether somebody may let the second Lock pass: another function or package, a closure, a timer."""
    closures = any(function_of(call) != lock.function for call in releases(lock))
    return closures or is_exported(lock) or released_elsewhere(target.package, lock, _takers(target, lock))


def _takers(target: Target, lock: Taken) -> set[int]:
    return {each.function.start_byte for each in taken(target.package) if each.key == lock.key}


def _is_slip(first: Taken, again: Taken) -> bool:
    file, one, two = again.where.file, first.where.node, again.where.node
    if first.operand != again.operand or one == two or not _is_ahead(one, two) or not _is_last(two):
        return False
    given = [call.parent for call in releases(first)]
    if any(n.type != "expression_statement" for n in given):
        return False
    name = first.operand.partition(".")[0]
    between = file.data[one.end_byte : two.start_byte].decode("utf-8", "replace")
    if f"{name} =" in between or f"{name} :=" in between:
        return False
    return not any(one.end_byte <= n.start_byte < two.start_byte for n in given)


def _is_ahead(one: Node, two: Node) -> bool:
    """Whether ``one`` has run whenever ``two`` does, in the same round of a loop."""
    at = two
    while at.type not in FUNCTIONS:
        if at.parent == one.parent:
            return one.start_byte < at.start_byte
        if at.type == "for_statement":
            return False
        at = at.parent
    return False


def _is_last(statement: Node) -> bool:
    """Whether the block ends with a return right behind the statement."""
    after = statement.next_named_sibling
    while after is not None and after.type == "comment":
        after = after.next_named_sibling
    return after is not None and after.type == "return_statement"
