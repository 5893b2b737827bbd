"""Which function a leak test calls: the nearest one that reaches all that has to do with the leak."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable
from pathlib import Path

from goleak_lsp.fixes.model import Offer
from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.package import DECLARATIONS, Located, Package
from goleak_lsp.golang.syntax import GoFile, Node

NOT_CALLED = frozenset({"main", "init"})
"""Functions that start a program: a test does not call them."""

MAX_ENTRIES = 200
"""Functions that are looked at."""

Key = tuple[Path, int]
"""A declared function: its file, and the byte at which it begins."""


def holding(path: Path, file: GoFile, at: int) -> Located | None:
    """The declared function or method that holds the byte at ``at``."""
    node = next((n for n in file.root.named_children if n.start_byte <= at < n.end_byte), None)
    return Located(path, file, node) if node is not None and node.type in DECLARATIONS else None


def name_of(function: Located) -> str:
    """The bare name of a function or method."""
    return function.file.text(function.node.child_by_field_name("name"))


def key_of(function: Located) -> Key:
    """What tells a declared function from all others of its package."""
    return function.path, function.node.start_byte


class Call(Frozen):
    """A call, and the function that it calls."""

    node: Node
    function: Located


class Reach:
    """Who gets to whom in a package by the names that a body holds: more than is so, never less."""

    def __init__(self, package: Package) -> None:
        self.functions = {key_of(f): f for f in package.functions()}
        by_name: dict[str, set[Key]] = {}
        for key, function in self.functions.items():
            by_name.setdefault(name_of(function), set()).add(key)
        starts = {path: sorted(at for p, at in self.functions if p == path) for path in package.files}
        self._next: dict[Key, set[Key]] = {}
        self._back: dict[Key, set[Key]] = {}
        for name, keys in by_name.items():
            for use in package.mentions(name):
                at = bisect_right(starts[use.path], use.node.start_byte) - 1
                owner = (use.path, starts[use.path][at]) if at >= 0 else None
                if owner is not None and use.node.start_byte < self.functions[owner].node.end_byte:
                    self._next.setdefault(owner, set()).update(keys)
                    for key in keys:
                        self._back.setdefault(key, set()).add(owner)

    def from_(self, key: Key) -> set[Key]:
        """All functions that ``key`` gets to, itself too."""
        return _closure(self._next, key)

    def to(self, keys: Iterable[Key]) -> set[Key]:
        """All functions that get to every one of ``keys``."""
        return set.intersection(*(_closure(self._back, key) for key in keys))

    def all_from(self, function: Located) -> list[Located]:
        """The same, as functions."""
        return [self.functions[key] for key in self.from_(key_of(function))]

    def calls_in(self, caller: Located, package: Package) -> list[Call]:
        """The calls of this package's functions in the body of one."""
        calls = [n for n in walk(caller.node) if n.type == "call_expression"]
        found = [Call(n, package.callee(caller.file, n)) for n in calls]
        return [call for call in found if call.function is not None]


def _closure(edges: dict[Key, set[Key]], key: Key) -> set[Key]:
    seen, stack = {key}, [key]
    while stack:
        new = edges.get(stack.pop(), set()) - seen
        seen |= new
        stack.extend(new)
    return seen


class Wanted(Frozen):
    """The functions that a test must get to, and those that it must not call: their heads change."""

    functions: set[Key]
    changed: set[Key]


def wanted_by(needed: Iterable[Located], reach: Reach, offer: Offer | None) -> Wanted:
    """``needed`` and the functions that ``offer`` edits."""
    wanted = Wanted({key_of(f) for f in needed}, set())
    for path, edits in offer.changes if offer is not None else ():
        for key, function in reach.functions.items():
            body = function.node.child_by_field_name("body")
            for edit in edits if key[0] == path and body is not None else ():
                if function.node.start_byte <= edit.start < function.node.end_byte:
                    wanted.functions.add(key)
                    if edit.start < body.start_byte:
                        wanted.changed.add(key)
    return wanted


def entries(reach: Reach, wanted: Wanted, not_called: Collection[str]) -> list[Located]:
    """The functions that get to all that is wanted, the nearest first."""
    keys = [k for k in reach.to(wanted.functions) - wanted.changed if name_of(reach.functions[k]) not in not_called]
    near = sorted((len(reach.from_(key)), key) for key in sorted(keys)[:MAX_ENTRIES])
    return [reach.functions[key] for _, key in near]
