"""Two locks are taken in the same order everywhere.

One function locks ``a`` and then ``b``, another ``b`` and then ``a``; when both run at once,
each holds what the other waits for. The function that takes its two locks one right after the
other can take them the other way round.

Example

Before:

```go
type store struct {
	users, groups sync.Mutex
}

func (s *store) addUser() {
	s.users.Lock()
	defer s.users.Unlock()
	println("a user")
	s.groups.Lock()
	defer s.groups.Unlock()
}

func (s *store) addGroup() {
	s.groups.Lock()
	s.users.Lock()
	s.users.Unlock()
	s.groups.Unlock()
}
```

After:

```go
type store struct {
	users, groups sync.Mutex
}

func (s *store) addUser() {
	s.users.Lock()
	defer s.users.Unlock()
	println("a user")
	s.groups.Lock()
	defer s.groups.Unlock()
}

func (s *store) addGroup() {
	s.users.Lock()
	s.groups.Lock()
	s.users.Unlock()
	s.groups.Unlock()
}
```

Not offered unless the two locks are different fields or variables of the package, exactly one
function takes them in the other order, and nothing but a deferred Unlock stands between its
two locks. Locks of two values of one type need an order of the values: no local edit gives that.

Neither offered where both functions hold a third lock around the two: then they cannot meet.

Preferred when the changed function and all others agree on the order afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from goleak_lsp.fixes.locking import Key, Taken, key_of, releases, taken
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.package import Package
from goleak_lsp.golang.syntax import Node
from goleak_lsp.text import Edit

NAME = "same-lock-order"


Pairs = dict[tuple[Key, Key], list[tuple[Taken, Taken]]]


class Evidence(Frozen):
    """The two locks of the function whose order changes, as they stand, and others that take them as it will."""

    first: Taken
    second: Taken
    others: tuple[str, ...]


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    evidence = detect(target)
    if evidence is None:
        return None
    first, second = evidence.first, evidence.second
    edits = [_swap(first.where.node, second), _swap(second.where.node, first)]
    defers = [_deferred(first), _deferred(second)]
    if None not in defers and defers[0].start_byte < second.where.node.start_byte:
        edits += [_swap_release(defers[0], second), _swap_release(defers[1], first)]
    title = f"Lock {second.operand} before {first.operand}, as {evidence.others[0]} does"
    return Offer(NAME, title, first.where.path, tuple(sorted(edits, key=lambda e: e.start)), True)


def _swap(statement: Node, other: Taken) -> Edit:
    return Edit(statement.start_byte, statement.end_byte, f"{other.operand}.{other.method}()")


def _swap_release(statement: Node, other: Taken) -> Edit:
    return Edit(statement.start_byte, statement.end_byte, f"defer {other.release}")


def _deferred(lock: Taken) -> Node | None:
    calls = [c.parent for c in releases(lock) if c.parent.type == "defer_statement"]
    return calls[0] if len(calls) == 1 else None


def detect(target: Target) -> Evidence | None:
    """Two locks, one of them the blocked one, that one function takes against the order of the others."""
    called = target.node.child_by_field_name("function") if target.operation.kind == "mutex-lock" else None
    operand = called.child_by_field_name("operand") if called is not None else None
    key = key_of(target.file, operand) if operand is not None else None
    if key is None:
        return None
    locks, pairs = target.package.fact(_pairs)
    for (one, other), found in sorted(pairs.items(), key=lambda item: len(item[1])):
        gates = _held(found[0][0], locks)
        against = [pair for pair in pairs.get((other, one), []) if not gates & _held(pair[0], locks)]
        if key in (one, other) and one != other and len(found) == 1 and against and _are_neighbours(*found[0]):
            return Evidence(*found[0], tuple(_name_of(first) for first, _ in against))
    return None


def _pairs(package: Package) -> tuple[list[Taken], Pairs]:
    """All locks of a package, and those that are taken while another is held."""
    locks, pairs = list(taken(package)), {}
    for first, second in _nested(locks):
        pairs.setdefault((first.key, second.key), []).append((first, second))
    return locks, pairs


def _nested(locks: list[Taken]) -> Iterator[tuple[Taken, Taken]]:
    """Locks that one function takes while it holds another."""
    functions: dict[tuple, list[Taken]] = {}
    for lock in locks:
        functions.setdefault((lock.where.path, lock.function.start_byte), []).append(lock)
    for held in functions.values():
        for first, second in pairwise(sorted(held, key=lambda lock: lock.where.node.start_byte)):
            if not _is_given_back(first, second.where.node):
                yield first, second


def _held(lock: Taken, locks: list[Taken]) -> set[Key]:
    """The locks that its function took before ``lock`` and has not given back there."""
    mine = (k for k in locks if (k.where.path, k.function.start_byte) == (lock.where.path, lock.function.start_byte))
    earlier = [k for k in mine if k.where.node.start_byte < lock.where.node.start_byte]
    return {k.key for k in earlier if not _is_given_back(k, lock.where.node)}


def _is_given_back(lock: Taken, before: Node) -> bool:
    calls = (c for c in releases(lock) if c.parent.type != "defer_statement")
    return any(c.start_byte < before.start_byte for c in calls)


def _are_neighbours(first: Taken, second: Taken) -> bool:
    """Whether nothing but a deferred Unlock of the first stands between the two."""
    if first.where.node.parent != second.where.node.parent:
        return False
    at = first.where.node.next_named_sibling
    if at == second.where.node:
        return True
    return at == _deferred(first) and at is not None and at.next_named_sibling == second.where.node


def _name_of(lock: Taken) -> str:
    function = lock.function
    while function.type == "func_literal" and (outer := function_of(function)) is not None:
        function = outer
    name = function.child_by_field_name("name")
    return lock.where.file.text(name) if name is not None else "another function"
