"""Locks that leave the function that takes them: given back elsewhere, kept for others, known by other names.

Of such a lock the stacks do not show who holds it, so nobody can be said to hold it surely.
"""

from __future__ import annotations

import re

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.declarations import Declarations
from goleak_lsp.golang.scope import below
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.golang.things import LOCAL, PACKAGE, Thing, lock_of

_GIVES = ("Unlock", "RUnlock")
_EMBEDDED = ("Mutex", "RWMutex")
_FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")
_INTERFACE = re.compile(rb"\bLocker\b|^\s*Lock\(\)\s*$", re.MULTILINE)
_METHOD = re.compile(rb"\.(?:Try)?(R?Unlock|R?Lock)\b")


class _Mention(Frozen):
    """A method of a lock that a function names: ``name``, of which lock, as the source writes it."""

    name: str
    thing: Thing | None
    receiver: str
    start: int


def is_lent(package: Declarations, thing: Thing) -> bool:
    """Whether somebody may give a lock back for the one who took it."""
    return any(_may_be(each, thing) for each in package.fact(_given))


def is_hidden(package: Declarations, thing: Thing) -> bool:
    """Whether somebody may hold a lock whose stack does not show it, and give it back yet."""
    return is_lent(package, thing) or (thing.kind != PACKAGE and _has_other_names(package, thing))


def _has_other_names(package: Declarations, thing: Thing) -> bool:
    """Whether the lock may be called otherwise than by its name: through a pointer or an interface."""
    name = thing.name.rpartition(".")[2]
    if thing.kind == LOCAL and not _is_variable(package, thing):
        return True
    if name in _EMBEDDED:
        return any(_INTERFACE.search(file.data) for file in package.files.values())
    pointer = re.compile(rb"&[\w.\[\]]*\b" + re.escape(name.encode()) + rb"\b")
    return any(
        _points_to(package, file, match, thing)
        for file in package.files.values()
        for match in pointer.finditer(file.data)
    )


def _points_to(package: Declarations, file: GoFile, match: re.Match, thing: Thing) -> bool:
    node = file.node_at(match.start(), match.end())
    operand = node.child_by_field_name("operand") if node is not None and node.type == "unary_expression" else None
    return operand is None or lock_of(package, file, operand) in (None, thing)


def _is_variable(package: Declarations, thing: Thing) -> bool:
    """Whether a local name is the lock itself, and no pointer that was given to a function."""
    start = int(thing.owner.split(":")[1])
    declared = (file.node_at(start, start + len(thing.name)) for file in package.files.values())
    return any(node is not None and _is_lock(node.parent) for node in declared)


def _is_lock(spec: Node | None) -> bool:
    written = spec.child_by_field_name("type") if spec is not None and spec.type == "var_spec" else None
    return written is not None and written.text in (b"sync.Mutex", b"sync.RWMutex")


def is_replaced(file: GoFile, function: Node, receiver: str) -> bool:
    """Whether a function makes the expression before the last dot of ``receiver`` mean something else."""
    base = receiver.rpartition(".")[0] or receiver
    parts = base.split(".")
    prefixes = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    lefts = (n.child_by_field_name("left") for n in below(function) if n.type == "assignment_statement")
    assigned = (each for left in lefts if left is not None for each in left.named_children)
    return any("".join(file.text(each).split()) in prefixes for each in assigned)


def _may_be(mention: _Mention, thing: Thing) -> bool:
    if mention.thing is not None:
        return mention.thing == thing
    name = thing.name.rpartition(".")[2]
    return name in _EMBEDDED or mention.receiver.rpartition(".")[2] == name


def _given(package: Declarations) -> list[_Mention]:
    """What functions give back without having taken it."""
    functions = (m for file in package.files.values() for m in _by_function(package, file).values())
    return [each for mentions in functions for each in mentions if _is_given(each, mentions)]


def _is_given(mention: _Mention, mentions: list[_Mention]) -> bool:
    taking = mention.name.replace("Unlock", "Lock")
    earlier = (m for m in mentions if m.start < mention.start and m.receiver == mention.receiver)
    return mention.name in _GIVES and all(m.name != taking for m in earlier)


def _by_function(package: Declarations, file: GoFile) -> dict[int, list[_Mention]]:
    """The lock methods that each function names; what a deferred literal does, its function does."""
    found: dict[int, list[_Mention]] = {}
    for match in _METHOD.finditer(file.data):
        selector = file.node_at(match.start(1), match.end(1)).parent
        if selector is None or selector.type != "selector_expression":
            continue
        operand, name = selector.child_by_field_name("operand"), match[1].decode()
        call = selector.parent
        called = call.type == "call_expression" and call.child_by_field_name("function") == selector
        thing = lock_of(package, file, operand)
        receiver = "".join(file.text(operand).split())
        if not called:
            # A method value: whoever has it may give the lock back or take it.
            receiver += "()"
        function = _function(selector)
        found.setdefault(function.id if function else 0, []).append(_Mention(name, thing, receiver, match.start()))
    return found


def _function(node: Node) -> Node | None:
    """The function that a node stands in, literals left out that are deferred on the spot."""
    at = node.parent
    while at is not None:
        deferred = at.type == "func_literal" and at.parent.type == "call_expression"
        if at.type in _FUNCTIONS and not (deferred and at.parent.parent.type == "defer_statement"):
            return at
        at = at.parent
    return None
