"""Which locks a goroutine holds that stands at one place of a function.

By the structure of the code: ``Lock`` takes, ``Unlock`` gives back, a deferred ``Unlock`` keeps
until the function ends. A lock is held *surely* when every way to the place takes it, *maybe*
when one does.
"""

from __future__ import annotations

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.declarations import Declarations, Routine
from goleak_lsp.golang.lending import is_lent, is_replaced
from goleak_lsp.golang.scope import below
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.golang.things import Thing, lock_of

READ, WRITE = "read", "write"
_TAKES = {"Lock": WRITE, "RLock": READ, "TryLock": WRITE, "TryRLock": READ}
_GIVES = {"Unlock": WRITE, "RUnlock": READ}
_LEAVES = ("return_statement", "goto_statement", "break_statement", "continue_statement")
_FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")


class Held(Frozen):
    """A lock that is held: ``at`` is the byte of the ``Lock`` call, ``receiver`` its source.

    ``turn``: an earlier turn of a loop took it and did not give it back, ``always`` or ``maybe``.
    """

    thing: Thing
    mode: str
    receiver: str
    at: int
    sure: bool
    turn: str = ""


class _Hold(Frozen):
    call: Node
    sure: bool = True
    turn: str = ""


_State = dict[tuple[str, str], _Hold]
"""What is held, by (receiver, mode)."""


def held_at(package: Declarations, routine: Routine, offset: int) -> list[Held]:
    """The locks that ``routine`` itself took and still holds at the byte ``offset``."""
    body = routine.node.child_by_field_name("body")
    if body is None or b"Lock()" not in routine.file.data[body.start_byte : body.end_byte]:
        return []
    state = _Walker(routine.file, offset).block(body, {})
    found = []
    for (receiver, mode), hold in state.items():
        operand = hold.call.child_by_field_name("function").child_by_field_name("operand")
        thing = lock_of(package, routine.file, operand)
        if thing is not None:
            # Somebody else may have given it back, or it is another's by now.
            sure = not is_lent(package, thing) and not is_replaced(routine.file, routine.node, receiver)
            turn = hold.turn if sure else ""
            found.append(Held(thing, mode, receiver, hold.call.start_byte, hold.sure and sure, turn))
    return found


def lock_call(file: GoFile, node: Node) -> tuple[str, str] | None:
    """The method's name and the receiver of a call of a lock's method."""
    if node.type != "call_expression" or node.child_by_field_name("arguments").named_children:
        return None
    called = node.child_by_field_name("function")
    if called.type != "selector_expression":
        return None
    name = file.text(called.child_by_field_name("field"))
    operand = called.child_by_field_name("operand")
    return (name, "".join(file.text(operand).split())) if name in _TAKES or name in _GIVES else None


class _Walker:
    """Runs through a function up to one byte of it."""

    def __init__(self, file: GoFile, offset: int) -> None:
        self.file, self.offset = file, offset
        self.arrived = False
        self.continued: list[_State] = []

    def block(self, node: Node, state: _State) -> _State:
        """The state after a block, or at the place if it lies inside."""
        statements = [s for child in node.named_children for s in _statements(child)]
        for statement in statements:
            if self.arrived or statement.start_byte > self.offset:
                break
            state = self.statement(statement, state)
        return state

    def statement(self, node: Node, state: _State) -> _State:
        holds = node.start_byte <= self.offset < node.end_byte
        branches = _branches(node)
        if branches and holds:
            return self._inside(node, branches, state)
        if branches:
            return self._past(node, branches, state)
        if node.type == "labeled_statement":
            return self.statement(node.named_children[-1], state)
        if node.type == "defer_statement":
            self.arrived |= holds
            return state
        return self._calls(node, state, holds)

    def _inside(self, node: Node, branches: list[Node], state: _State) -> _State:
        if node.type == "for_statement":
            # What an earlier turn of the loop left held is held at its start perhaps.
            walker = _Walker(self.file, node.end_byte)
            ends = [walker.block(branches[0], state), *walker.continued]
            state = _apart(node, _turned(state, ends))
        for branch in branches:
            if branch.start_byte <= self.offset < branch.end_byte:
                return self.block(branch, state) if branch.type != node.type else self.statement(branch, state)
        self.arrived = True
        return state

    def _past(self, node: Node, branches: list[Node], state: _State) -> _State:
        ends = [self._calls(node, state, False, header=True)] if not _is_total(node) else []
        for branch in branches:
            after = self.statement(branch, state) if branch.type == node.type else self.block(branch, state)
            if not _ends(branch):
                ends.append(after)
            elif _last(branch).type == "continue_statement" and node.type != "for_statement":
                self.continued.append(after)
        return _joined(ends) if ends else state

    def _calls(self, node: Node, state: _State, holds: bool, header: bool = False) -> _State:
        """The state after the lock calls of a simple statement, in source order, up to the place."""
        state, stack = dict(state), [node]
        while stack:
            at = stack.pop()
            if at.type in _FUNCTIONS or at.type == "go_statement" or (header and at.type == "block"):
                continue
            call = lock_call(self.file, at)
            if call and not (holds and self.offset <= at.start_byte):
                self._apply(at, *call, state)
            stack.extend(reversed(at.named_children))
        self.arrived |= holds
        return state

    def _apply(self, call: Node, name: str, receiver: str, state: _State) -> None:
        if name in _TAKES:
            state[receiver, _TAKES[name]] = _Hold(call, not name.startswith("Try"))
        else:
            state.pop((receiver, _GIVES[name]), None)


def _apart(loop: Node, state: _State) -> _State:
    """Marks what names hold that each turn of a loop declares anew: those of an earlier turn mean another lock."""
    if not any(hold.turn for hold in state.values()):
        return state
    lefts = [n.child_by_field_name("left") for n in below(loop) if n.type in ("short_var_declaration", "range_clause")]
    names = {name.text.decode("utf-8", "replace") for left in lefts if left is not None for name in left.named_children}
    return {
        key: _Hold(hold.call, sure=False) if hold.turn and key[0].partition(".")[0] in names else hold
        for key, hold in state.items()
    }


def _statements(node: Node) -> list[Node]:
    return node.named_children if node.type == "statement_list" else [node]


def _branches(node: Node) -> list[Node]:
    """The parts of a statement of which one, several or none may run."""
    if node.type == "block":
        return [node]
    if node.type == "if_statement":
        parts = (node.child_by_field_name("consequence"), node.child_by_field_name("alternative"))
        return [part for part in parts if part is not None]
    if node.type == "for_statement":
        return [node.child_by_field_name("body")]
    if node.type in ("expression_switch_statement", "type_switch_statement", "select_statement"):
        return [c for c in node.named_children if c.type.endswith("_case")]
    return []


def _is_total(node: Node) -> bool:
    """Whether one of the branches runs in any case."""
    if node.type == "if_statement":
        return node.child_by_field_name("alternative") is not None
    if node.type == "for_statement":
        return False
    return node.type in ("block", "select_statement") or any(c.type == "default_case" for c in node.named_children)


def _last(branch: Node) -> Node | None:
    statements = [s for child in branch.named_children for s in _statements(child)]
    return statements[-1] if statements else None


def _ends(branch: Node) -> bool:
    """Whether what follows the statement is not reached through this branch."""
    last = _last(branch)
    if last is None:
        return False
    if last.type == "expression_statement":
        return last.text.startswith((b"panic(", b"os.Exit(", b"log.Fatal", b"runtime.Goexit("))
    return last.type in _LEAVES


def _joined(states: list[_State]) -> _State:
    """What is held after several ways: surely what all of them hold surely."""
    keys = dict.fromkeys(key for state in states for key in state)
    found = {}
    for key in keys:
        holds = [state[key] for state in states if key in state]
        sure = len(holds) == len(states) and all(hold.sure for hold in holds)
        found[key] = _Hold(holds[0].call, sure, holds[0].turn)
    return found


def _turned(before: _State, ends: list[_State]) -> _State:
    """What is held at the start of a turn of a loop, the first or a later one."""
    state = _joined([before, *ends])
    for key, hold in state.items():
        if key not in before:
            turn = "always" if all(key in end and end[key].sure for end in ends) else "maybe"
            state[key] = _Hold(hold.call, False, turn)
    return state
