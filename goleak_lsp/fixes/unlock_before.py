"""A lock is given back before what waits, not behind it.

A function locks, and with the lock in hand it waits: for a message, for another lock, or in a
call that takes the same lock again. Whoever should end that wait needs the lock first. What the
function does under the lock up to there stays there; the wait is moved out of it.

Example

Before:

```go
type mapping struct {
	mu        sync.Mutex
	addresses []string
}

func (m *mapping) clear() {
	m.mu.Lock()
	removed := m.addresses
	m.addresses = nil
	if len(removed) > 0 {
		m.notify(removed)
	}
	m.mu.Unlock()
}

func (m *mapping) notify(removed []string) {
	m.mu.Lock()
	println(len(removed), len(m.addresses))
	m.mu.Unlock()
}
```

After:

```go
type mapping struct {
	mu        sync.Mutex
	addresses []string
}

func (m *mapping) clear() {
	m.mu.Lock()
	removed := m.addresses
	m.addresses = nil
	m.mu.Unlock()
	if len(removed) > 0 {
		m.notify(removed)
	}
}

func (m *mapping) notify(removed []string) {
	m.mu.Lock()
	println(len(removed), len(m.addresses))
	m.mu.Unlock()
}
```

A deferred Unlock becomes a plain one, before the wait and before the returns that come earlier; a
panic before it then leaves the lock locked.
Where nothing is done under the lock but what waits, the lock goes. A loop over a map or slice
that the lock protects runs over a copy. Where the function needs the lock again behind the wait,
it unlocks for the time of the wait and locks again.

Not offered unless the snapshot shows who waits with the lock in hand; where the lock is a variable
and a call waits, for what they share cannot be told; where what waits reads what the lock
protects, or what comes behind it writes what is not the function's own; where a return would read
it behind the Unlock; where the loop around the wait runs over it; and where another lock that is
taken there would be held when this one is taken again.

Never preferred: others may change meanwhile what the function has seen under the lock.
"""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.fixes import lines
from goleak_lsp.fixes.copying import Copy, called_by_copy, copied
from goleak_lsp.fixes.guarding import Guarded
from goleak_lsp.fixes.locking import key_of
from goleak_lsp.fixes.model import Holder, Offer, Target
from goleak_lsp.fixes.paths import body_statement, reads_nothing, returns
from goleak_lsp.fixes.statement import walk
from goleak_lsp.fixes.wrapping import joined
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import FUNCTIONS, function_of, lookup
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

NAME = "unlock-before"

_COST = "others may change what it protects"
_LONGEST = 30
"""Characters of a called name that a title takes."""


class Evidence(Frozen):
    """Who holds the lock, the statement that locks, the one that waits, and what waits in it."""

    holder: Holder
    guarded: Guarded
    lock: Node
    wait: Node
    at: Node

    @property
    def file(self) -> GoFile:
        """The holder's file."""
        return self.holder.file

    @property
    def function(self) -> Node:
        """The holder's function."""
        return function_of(self.lock)


class Plan(Frozen):
    """Edits of the holder's file, what they do, and how little they change: the smallest rank first."""

    rank: int
    edits: tuple[Edit, ...]
    title: str


def offer(target: Target) -> Offer | None:
    """The edits for ``target``, or None where they do not apply."""
    found = [(plan, evidence) for evidence in detect(target) if (plan := _plan(target, evidence)) is not None]
    if not found:
        return None
    plan, evidence = min(found, key=lambda each: each[0].rank)
    return Offer(NAME, f"{plan.title} ({_COST})", evidence.holder.path, plan.edits, False)


def detect(target: Target) -> list[Evidence]:
    """Who waits with the lock in hand, in statements that can be told."""
    return [e for holder in target.holders() if (e := _evidence(target, holder)) is not None]


def _evidence(target: Target, holder: Holder) -> Evidence | None:
    file = holder.file
    lock, at = _statement(file.node_at(holder.lock, holder.lock + 1)), file.node_at(holder.at, holder.at + 1)
    wait = _statement(at)
    if lock is None or wait is None or lock.type != "expression_statement" or function_of(lock) != function_of(wait):
        return None
    if wait.type in ("defer_statement", "go_statement"):
        return None
    if lock.start_byte >= wait.start_byte or any(n.type == "goto_statement" for n in walk(function_of(lock))):
        return None
    guarded = Guarded(target.package, file, holder.receiver, holder.mode, at)
    # What a lock is for that is no part of a value cannot be told, nor what a call does with it.
    is_told = guarded.waiting is None or not _is_variable(file, lock)
    return Evidence(holder, guarded, lock, wait, at) if is_told else None


def _is_variable(file: GoFile, lock: Node) -> bool:
    """Whether what is locked is a variable of its own, of the package or of a function."""
    called = lock.named_children[0].child_by_field_name("function")
    key = key_of(file, called.child_by_field_name("operand")) if called is not None else None
    return key is None or not key[0] or key[0].isdigit()


def _statement(node: Node | None) -> Node | None:
    """The statement of a block that a node stands in, within its function."""
    while node is not None and node.parent is not None and node.parent.type != "statement_list":
        if node.type in FUNCTIONS:
            return None
        node = node.parent
    return node if node is not None and node.parent is not None else None


def _plan(target: Target, evidence: Evidence) -> Plan | None:
    return _without_defer(evidence) or _moved(target, evidence) or _around(evidence)


def _without_defer(evidence: Evidence) -> Plan | None:
    """A deferred Unlock becomes one before the wait; the lock goes where it would protect nothing."""
    guarded, lock, file = evidence.guarded, evidence.lock, evidence.file
    given = guarded.releases(evidence.function)
    wait = body_statement(evidence.wait)
    # What is deferred in a block of the body is given back at the end of the function, not of the block.
    if len(given) != 1 or given[0].type != "defer_statement" or any(n != body_statement(n) for n in (lock, given[0])):
        return None
    rest = [n for n in lock.parent.named_children if n not in (lock, given[0]) and n.type != "comment"]
    before = [n for n in rest if lock.end_byte <= n.start_byte < wait.start_byte]
    behind = [n for n in rest if n.start_byte > wait.start_byte]
    if any(guarded.is_touched(n) or _writes(evidence, n) for n in (wait, *behind)):
        return None
    if not before and _follows(lock, given[0]):
        edits = [lines.removed(file, lock, given[0])]
        return _edited(0, edits, f"Do not lock {guarded.receiver} around {_called(evidence)}")
    early = returns(evidence.function, lock.end_byte, wait.start_byte)
    if any(n.type == "defer_statement" for n in before) or not all(reads_nothing(file, n) for n in early):
        return None
    edits = [lines.before(file, n, guarded.release) for n in early]
    edits += [
        lines.before(file, wait, guarded.release + lines.comment_behind(file, given[0])),
        lines.removed(file, given[0], comment=True),
    ]
    return _edited(1, edits, f"Unlock {guarded.receiver} before {_called(evidence)}")


def _moved(target: Target, evidence: Evidence) -> Plan | None:
    """The Unlock behind the wait moves in front of it."""
    guarded, file = evidence.guarded, evidence.file
    for wait, unlock in _unlocked_behind(evidence):
        between = [n for n in wait.parent.named_children if wait.end_byte <= n.start_byte < unlock.start_byte]
        if any(guarded.is_touched(n) for n in between) or guarded.releases(wait):
            return None
        if any(_writes(evidence, n) for n in (wait, *between)):
            return None
        if _follows(evidence.lock, wait) and not guarded.is_touched(wait):
            edits = [lines.removed(file, evidence.lock), lines.removed(file, unlock)]
            return _edited(0, edits, f"Do not lock {guarded.receiver} around {_called(evidence)}")
        kept: list[Edit] = []
        ahead = [guarded.release + lines.comment_behind(file, unlock)]
        if guarded.is_touched(wait):
            copy = copied(target, file, wait, guarded)
            if copy is None:
                continue
            ahead.insert(0, copy.line)
            kept = list(copy.edits)
        edits = [lines.before(file, wait, *ahead), lines.removed(file, unlock, comment=True), *kept]
        return _edited(1, edits, f"Unlock {guarded.receiver} before {_called(evidence)}")
    return None


def _unlocked_behind(evidence: Evidence) -> Iterator[tuple[Node, Node]]:
    """The statements around the wait, innermost first, that an Unlock follows in their block."""
    given = evidence.guarded.releases(evidence.function)
    if any(n.type != "expression_statement" for n in given):
        return
    at = evidence.wait
    while at is not None and at.type not in FUNCTIONS:
        if at.parent.type == "statement_list":
            later = [n for n in given if n.parent == at.parent and n.start_byte > at.start_byte]
            if later:
                yield at, later[0]
                return
            if at.parent == evidence.lock.parent:
                return
        at = at.parent


def _around(evidence: Evidence) -> Plan | None:
    """Unlocked for the time of the wait, and locked again."""
    guarded, wait, file = evidence.guarded, evidence.wait, evidence.file
    if wait.type not in ("expression_statement", "assignment_statement", "send_statement", "short_var_declaration"):
        return None
    # To lock again with another lock in hand is how locks come to be taken in opposite orders.
    if guarded.is_lock(evidence.at) or _loops_over(guarded, wait, evidence.lock):
        return None
    copy = called_by_copy(file, wait, guarded) if guarded.is_touched(wait) else Copy("", ())
    if copy is None:
        return None
    ahead = [line for line in (copy.line, guarded.release) if line]
    edits = [lines.before(file, wait, *ahead), *copy.edits, lines.after(file, wait, guarded.take)]
    return _edited(2, edits, f"Unlock {guarded.receiver} during {_called(evidence)}")


def _loops_over(guarded: Guarded, wait: Node, lock: Node) -> bool:
    """Whether a loop behind the lock ranges over what it protects."""
    at = wait.parent
    while at is not None and at.start_byte > lock.start_byte:
        clause = next((c for c in at.named_children if c.type == "range_clause"), None)
        if clause is not None and at.type == "for_statement" and guarded.is_touched(clause):
            return True
        at = at.parent
    return False


def _edited(rank: int, edits: list[Edit | None], title: str) -> Plan | None:
    if None in edits:
        return None
    return Plan(rank, joined(sorted(edits, key=lambda e: (e.start, e.end))), title)


def _writes(evidence: Evidence, node: Node) -> bool:
    """Whether a statement assigns to a variable of the package or of a function around, which the lock may protect."""
    function = evidence.function
    for found in walk(node):
        if found.type not in ("assignment_statement", "inc_statement", "dec_statement"):
            continue
        left = found.child_by_field_name("left")
        for written in left.named_children if left is not None else found.named_children[:1]:
            name = next((n for n in walk(written) if n.type == "identifier"), None)
            declared = lookup(evidence.file, found, evidence.file.text(name)) if name is not None else None
            if declared is None or not function.start_byte <= declared.node.start_byte < function.end_byte:
                return True
    return False


def _follows(lock: Node, wait: Node) -> bool:
    """Whether nothing stands between the lock and the statement that waits."""
    after = lock.next_named_sibling
    while after is not None and after.type == "comment":
        after = after.next_named_sibling
    return after == wait


def _called(evidence: Evidence) -> str:
    """What waits, as short as a title has it."""
    file, at = evidence.file, evidence.at
    call = evidence.guarded.waiting
    if call is not None:
        name = file.text(call.child_by_field_name("function"))
        return f"{name}()" if len(name) <= _LONGEST else "the call"
    while at.parent is not None and at.parent.type not in ("statement_list", "communication_case"):
        if at.type in ("send_statement", "select_statement", "unary_expression"):
            break
        at = at.parent
    words = {"send_statement": "the send", "select_statement": "the select", "unary_expression": "the receive"}
    return words.get(at.type, "the wait")
