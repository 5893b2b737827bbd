"""A lock that a return leaves locked is given back.

A function locks, finds something wrong and returns without unlocking; the next one that locks
waits for ever. The function to change is seldom the one that blocks: it is any of the package
that may return with the lock held.

Example

Before:

```go
type account struct {
	mu      sync.Mutex
	balance int
}

func (a *account) withdraw(amount int) bool {
	a.mu.Lock()
	if amount > a.balance {
		return false
	}
	a.balance -= amount
	a.mu.Unlock()
	return true
}
```

After:

```go
type account struct {
	mu      sync.Mutex
	balance int
}

func (a *account) withdraw(amount int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if amount > a.balance {
		return false
	}
	a.balance -= amount
	return true
}
```

Where the function goes on behind its Unlock, or defers something behind its Lock, the Unlock is
repeated before the returns, breaks and continues that skip it, so that nothing is done under the
lock that was not before.

Not offered where a function locks twice, where another function may unlock what this one locked,
as other packages may what is exported and never unlocked here, or where a return would read what
the lock protects.

Preferred when these are all the functions that may leave the lock locked, and no other package
can unlock it, as it can what is exported.
"""

from __future__ import annotations

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.locking import Key, Taken, is_exported, key_of, released_elsewhere, releases, taken
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.paths import body_statement, calls_nothing, function_name, reads_nothing
from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.package import Package
from goleak_lsp.golang.syntax import Node
from goleak_lsp.text import Edit

NAME = "defer-unlock"

_NAMED = 4
"""Functions that a title names at most."""

_EXITS = ("return_statement", "break_statement", "continue_statement")


class Evidence(Frozen):
    """A lock, the statements that leave with it held, and its one Unlock if that may be deferred."""

    lock: Taken
    leaving: tuple[Node, ...]
    unlock: Node | None
    missing: bool


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    key = _lock(target)
    return target.package.fact(_offer, key) if key else None


def _offer(package: Package, key: Key) -> Offer | None:
    """The one offer for all who wait for a lock: there may be hundreds, at as many places."""
    changes: dict = {}
    found = package.fact(_left_locked, key)
    for evidence in found:
        edits = _edits(evidence)
        if edits is None:
            return None
        changes.setdefault(evidence.lock.where.path, []).extend(edits)
    if not changes:
        return None
    names = sorted({function_name(e.lock.where.file, e.lock.function) for e in found})
    title = f"Unlock {found[0].lock.operand} on every way out of {_listed(names)}"
    safe = not is_exported(found[0].lock)
    title += "" if safe else " (unless another package does)"
    (path, edits), *others = ((path, tuple(edits)) for path, edits in changes.items())
    return Offer(NAME, title, path, edits, safe, tuple(others))


def _listed(names: list[str]) -> str:
    if len(names) > _NAMED:
        return f"{', '.join(names[: _NAMED - 1])} and {len(names) - _NAMED + 1} other functions"
    return " and ".join(names)


def _edits(evidence: Evidence) -> list[Edit] | None:
    file, lock = evidence.lock.where.file, evidence.lock
    if evidence.missing or evidence.unlock is not None:
        edits = [lines.after(file, lock.where.node, f"defer {lock.release}")]
        if evidence.unlock is not None:
            edits.append(lines.removed(file, evidence.unlock))
    else:
        edits = [lines.before(file, node, lock.release) for node in evidence.leaving]
    return None if None in edits else edits


def detect(target: Target) -> list[Evidence]:
    """The functions of the package that may leave the blocked lock locked."""
    key = _lock(target)
    return target.package.fact(_left_locked, key) if key else []


def _lock(target: Target) -> Key | None:
    if target.operation.kind not in ("mutex-lock", "rwmutex-rlock"):
        return None
    called = target.node.child_by_field_name("function") if target.node.type == "call_expression" else None
    operand = called.child_by_field_name("operand") if called is not None else None
    return key_of(target.file, operand) if operand is not None else None


def _left_locked(package: Package, key: Key) -> list[Evidence]:
    locks = [lock for lock in taken(package) if lock.key == key]
    functions = {lock.function.start_byte for lock in locks}
    # They share the key, so that one of each method stands for all of them.
    each = {lock.method: lock for lock in locks}.values()
    if any(released_elsewhere(package, lock, functions) for lock in each):
        return []
    found = [_evidence(lock) for lock in locks]
    # What takes an exported lock and never gives it back may do so for another package.
    return [e for e in found if e is not None and not (e.missing and is_exported(e.lock))]


def _evidence(lock: Taken) -> Evidence | None:
    file, statement = lock.where.file, lock.where.node
    calls = releases(lock)
    if any(call.parent.type == "defer_statement" or function_of(call) != lock.function for call in calls):
        return None
    again = [n for n in walk(lock.function, into_closures=False) if file.text(n) == file.text(statement)]
    if len([n for n in again if n.type == "expression_statement"]) != 1:
        return None
    if not calls:
        in_body = body_statement(statement) == statement
        return Evidence(lock, (), None, missing=True) if in_body and statement.parent.type == "statement_list" else None
    unlocks = [call.parent for call in calls if call.parent.type == "expression_statement"]
    leaving = tuple(n for n in _exits(lock) if not _is_covered(n, statement, unlocks))
    if not leaving or len(unlocks) != len(calls) or not any(u.parent == statement.parent for u in unlocks):
        return None
    if len(unlocks) == 1 and _may_be_deferred(unlocks[0], statement):
        return Evidence(lock, leaving, unlocks[0], missing=False)
    plain = all(reads_nothing(file, n) for n in leaving)
    return Evidence(lock, leaving, None, missing=False) if plain else None


def _exits(lock: Taken) -> list[Node]:
    """The statements of its block that leave the lock's function, or the loop that it is taken in."""
    statement = lock.where.node
    found = []
    for node in walk(statement.parent, into_closures=False):
        if node.type not in _EXITS or node.start_byte < statement.end_byte:
            continue
        if node.type == "return_statement" or _leaves_the_loop_of(node, statement):
            found.append(node)
    return found


def _leaves_the_loop_of(node: Node, statement: Node) -> bool:
    """Whether a break or continue leaves the round of the loop in which the lock was taken."""
    breaks = node.type == "break_statement"
    stops = ("for_statement", "select_statement", "expression_switch_statement", "type_switch_statement")
    at = node.parent
    while at.type not in (stops if breaks else ("for_statement",)):
        at = at.parent
    return at.start_byte <= statement.start_byte < at.end_byte


def _is_covered(node: Node, lock: Node, unlocks: list[Node]) -> bool:
    """Whether an Unlock stands before ``node`` in one of the blocks around it, behind the lock."""
    at = node
    while at is not None and at.type not in ("func_literal", "function_declaration", "method_declaration"):
        if at.parent is not None and at.parent.type == "statement_list":
            for unlock in unlocks:
                if unlock.parent == at.parent and lock.end_byte <= unlock.start_byte < at.start_byte:
                    return True
        at = at.parent
    return False


def _may_be_deferred(unlock: Node, lock: Node) -> bool:
    """Whether only a return without calls follows the Unlock, in the body of the function itself."""
    if unlock.parent != lock.parent or body_statement(lock) != lock:
        return False
    function = function_of(lock).child_by_field_name("body")
    # What is deferred behind the lock would run before a deferred Unlock, under the lock.
    if any(n.type == "defer_statement" and n.start_byte >= lock.end_byte for n in walk(function, into_closures=False)):
        return False
    rest = [n for n in unlock.parent.named_children if n.start_byte >= unlock.end_byte and n.type != "comment"]
    if len(rest) > 1:
        return False
    return not rest or (rest[0].type == "return_statement" and calls_nothing(rest[0]))
