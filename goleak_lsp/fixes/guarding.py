"""What a lock protects, as far as the name of what it is a field of tells."""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.fixes.statement import walk
from goleak_lsp.golang.names import FUNCTIONS, lookup, struct_fields, type_of
from goleak_lsp.golang.package import Located, Package
from goleak_lsp.golang.syntax import GoFile, Node

_SHARED = ("pointer_type", "channel_type")
_MODES = {"write": ("Lock", "Unlock"), "read": ("RLock", "RUnlock")}


class Guarded:
    """A lock as one function writes it: ``receiver`` is ``c.mu``, and ``c`` what it protects the fields of.

    ``at`` is where the function waits. Without an owner, as for a local lock, nothing tells what is protected.
    """

    def __init__(self, package: Package, file: GoFile, receiver: str, mode: str, at: Node) -> None:
        self.package, self.file, self.receiver = package, file, receiver
        self._take, self._give = _MODES[mode]
        self.waiting = _call_at(file, at)
        self.owner, _, self._field = receiver.rpartition(".")
        if not self.owner:
            # A struct that embeds its lock, or a local lock that is all there is of it.
            self.owner = receiver

    @property
    def take(self) -> str:
        """The call that locks."""
        return f"{self.receiver}.{self._take}()"

    @property
    def release(self) -> str:
        """The call that gives it back."""
        return f"{self.receiver}.{self._give}()"

    def releases(self, node: Node) -> list[Node]:
        """The statements below ``node``, closures apart, that give the lock back."""
        found = (n for n in walk(node, into_closures=False) if n.type in ("expression_statement", "defer_statement"))
        return [n for n in found if "".join(self.file.text(n).removeprefix("defer ").split()) == self.release]

    def is_lock(self, at: Node) -> bool:
        """Whether what waits is itself the taking of a lock."""
        call = self.waiting
        called = call.child_by_field_name("function") if call is not None else None
        return called is not None and self.file.text(called).rpartition(".")[2] in ("Lock", "RLock")

    def is_touched(self, node: Node) -> bool:
        """Whether anything at ``node`` uses what the lock protects, but by a method that does its own locking."""
        return any(True for _ in self.touches(node))

    def touches(self, node: Node) -> Iterator[Node]:
        """The expressions at ``node`` that use what the lock protects."""
        for found in walk(node):
            named = found.type in ("identifier", "selector_expression") and self._is_owner(found)
            if named and not self._is_harmless(found):
                yield found

    def _is_owner(self, node: Node) -> bool:
        if "".join(self.file.text(node).split()) != self.owner:
            return False
        # ``c`` in ``x.c`` is a field of another value, and a key of a literal is no use.
        parent = node.parent
        return not (parent.type == "selector_expression" and parent.child_by_field_name("field") == node)

    def _is_harmless(self, owner: Node) -> bool:
        """Whether it is named for a method that locks for itself, or for what is never given another value."""
        selector = owner.parent
        if selector.type != "selector_expression" or selector.child_by_field_name("operand") != owner:
            return False
        name, outer = self.file.text(selector.child_by_field_name("field")), selector.parent
        if outer.type == "call_expression" and outer.child_by_field_name("function") == selector:
            method = self.package.function(name)
            if method is None or method.node.type != "method_declaration":
                return name in ("Lock", "RLock", "Unlock", "RUnlock")
            return outer == self.waiting or self._locks(method)
        written = field_type(self.file, selector)
        stays = _is_communication(selector) or (written is not None and written.type in _SHARED)
        return stays and not self._is_assigned(name)

    def _locks(self, method: Located) -> bool:
        """Whether a method begins by taking a lock."""
        body = method.node.child_by_field_name("body")
        lists = [c for c in body.named_children if c.type == "statement_list"] if body is not None else []
        first = next((n for n in lists[0].named_children if n.type != "comment"), None) if lists else None
        return first is not None and method.file.text(first).endswith((".Lock()", ".RLock()"))

    def _is_assigned(self, field: str) -> bool:
        """Whether a value's field is given another value anywhere in the package."""
        selectors = (use.node.parent for use in self.package.mentions(field))
        lists = (s.parent for s in selectors if s.type == "selector_expression" and s.parent.type == "expression_list")
        return any(each.parent.child_by_field_name("left") == each for each in lists)


def field_type(file: GoFile, selector: Node) -> Node | None:
    """The type of ``s.replicas`` where this file declares what ``s`` is."""
    if selector.type != "selector_expression":
        return None
    owner = selector.child_by_field_name("operand")
    declared = lookup(file, owner, file.text(owner)) if owner.type == "identifier" else None
    written = type_of(declared) if declared is not None else None
    if written is None:
        return None
    base = written.named_children[0] if written.type == "pointer_type" else written
    return struct_fields(file, base).get(file.text(selector.child_by_field_name("field")))


def _is_communication(channel: Node) -> bool:
    """Whether an expression is the channel of a send, a receive or a close."""
    parent = channel.parent
    if parent.type == "send_statement":
        return parent.child_by_field_name("channel") == channel
    return parent.type == "unary_expression" and parent.children[0].type == "<-"


def _call_at(file: GoFile, at: Node) -> Node | None:
    """The call that the byte of ``at`` stands in the name of; None where it communicates."""
    node = at
    while node is not None and node.type not in ("call_expression", "statement_list", *FUNCTIONS):
        if node.type in ("send_statement", "select_statement") or (
            node.type == "unary_expression" and node.children[0].type == "<-"
        ):
            return None
        node = node.parent
    return node if node is not None and node.type == "call_expression" else None
