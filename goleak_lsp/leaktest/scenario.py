"""What a caller does around its calls of one function: these statements, and what they need.

A slice of the caller's body: the calls, every statement that has to do with the variables in
them, and the loops and conditions around those. What it only prints is not printed.
"""

from __future__ import annotations

import re

from goleak_lsp.fixes.statement import walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.package import Located, statements_of
from goleak_lsp.golang.syntax import GoFile, Node

HARMLESS = {
    "bufio", "bytes", "context", "errors", "fmt", "io", "maps", "math", "math/rand", "net/http", "net/http/httptest",
    "slices", "sort", "strconv", "strings", "sync", "sync/atomic", "time",
}  # fmt: skip
"""Packages whose use in a test does nothing to the world."""

_HARMLESS_NAMES = {"os": {"Stdout", "Stderr", "Stdin", "Discard", "ErrNotExist"}}
_OUTSIDE = {"net/http": {"Get", "Post", "PostForm", "Head", "ListenAndServe", "ListenAndServeTLS", "DefaultClient"}}
_PRINTS = re.compile(r"(fmt|log|slog)\.(Print|Fprint|Info|Debug|Warn|Error)")
_COMPOUND = (
    "for_statement",
    "if_statement",
    "block",
    "expression_switch_statement",
    "type_switch_statement",
    "labeled_statement",
)
_IDLE = re.compile(r"return|break|continue|time\.Sleep\(.*\)")


class Scenario(Frozen):
    """Go statements, a line each and indented from no tab on; the imports that they need by name, and the
    lines of declarations."""

    lines: tuple[str, ...]
    imports: dict[str, str]
    declarations: tuple[str, ...] = ()


def scenario(caller: Located, calls: list[Node]) -> Scenario | None:
    """The statements of ``caller`` around its ``calls``; None where they need what a test does not have."""
    if caller.node.child_by_field_name("body") is None:
        return None
    return _scenario(caller, calls, assume=False) or _scenario(caller, calls, assume=True)


def _scenario(caller: Located, calls: list[Node], *, assume: bool) -> Scenario | None:
    """``assume`` takes the conditions around the calls to hold: they did, or there would be no leak."""
    body = caller.node.child_by_field_name("body")
    cut = _Slice(caller.file, caller.node, {call.id for call in calls}, assume)
    lines = cut.take(body)
    while lines and lines[-1] == "return":
        lines.pop()
    if _is_idle(lines) or cut.needed & cut.given:
        return None
    imports = _imports(caller.file, "\n".join(lines))
    return Scenario(tuple(lines), imports) if imports is not None else None


class _Slice:
    """Grows the set of variables until every statement that has to do with one is in."""

    def __init__(self, file: GoFile, function: Node, calls: set[int], assume: bool) -> None:
        self.file, self.calls, self.assume = file, calls, assume
        self.given = _parameters(file, function)
        self.local = _declared(file, function) | self.given
        self.needed: set[str] = set()

    def take(self, body: Node) -> list[str]:
        """The lines of what has to do with the calls."""
        while True:
            before = set(self.needed)
            lines = self._statements(body)
            if self.needed == before:
                return lines

    def _statements(self, body: Node) -> list[str]:
        return [line for statement in statements_of(body) for line in self._statement(statement)]

    def _statement(self, node: Node) -> list[str]:
        if node.type in _COMPOUND:
            return self._compound(node)
        if node.type in ("break_statement", "continue_statement"):
            return [self.file.text(node)]
        if node.type == "return_statement":
            values = node.named_children[0].named_children if node.named_children else []
            return [*self._evaluated(values), "return"]
        if not self._has_to_do(node) and not _IDLE.fullmatch(self.file.text(node)):
            return []
        if node.type == "expression_statement" and _PRINTS.match(self.file.text(node)):
            arguments = node.named_children[0].child_by_field_name("arguments")
            return self._evaluated(arguments.named_children)
        call = self._bare_call(node)
        self._need(call or node)
        return self._lines(call or node)

    def _bare_call(self, node: Node) -> Node | None:
        """The call of ``_, err := f()`` whose results nobody needs."""
        if node.type not in ("short_var_declaration", "assignment_statement"):
            return None
        values = node.child_by_field_name("right").named_children
        if len(values) != 1 or values[0].id not in self.calls:
            return None
        names = {self.file.text(n) for n in node.child_by_field_name("left").named_children}
        return None if names & self.needed else values[0]

    def _evaluated(self, expressions: list[Node]) -> list[str]:
        """Expressions as statements of their own, those that have to do with the calls and do something."""
        found = []
        for expression in expressions:
            if not self._has_to_do(expression):
                continue
            self._need(expression)
            first, *rest = self._lines(expression)
            stands_alone = expression.id in self.calls or self.file.text(expression).startswith("<-")
            found += [first if stands_alone else f"_ = {first}", *rest]
        return found

    def _compound(self, node: Node) -> list[str]:
        if node.type == "labeled_statement" or node.type.endswith("switch_statement"):
            if not self._has_to_do(node):
                return []
            self._need(node)
            return self._lines(node)
        if node.type == "block":
            inner = self._statements(node)
            return ["{", *_indented(inner), "}"] if not _is_idle(inner) else []
        body = node.child_by_field_name("body") or node.child_by_field_name("consequence")
        other = node.child_by_field_name("alternative")
        head = [c for c in node.named_children if c not in (body, other) and c.type != "comment"]
        inner = self._statements(body)
        rest = self._alternative(other)
        if _is_idle(inner) and not rest and not any(map(self._has_to_do, head)):
            return []
        if self.assume and node.type == "if_statement" and not _is_idle(inner):
            return inner
        for part in head:
            self._need(part)
        text = self.file.data[node.start_byte : body.start_byte].decode("utf-8", "replace")
        return [*_dedented(text.rstrip() + " {", node), *_indented(inner), *(rest or ["}"])]

    def _alternative(self, other: Node | None) -> list[str]:
        if other is None:
            return []
        inner = self._compound(other) if other.type == "if_statement" else self._statements(other)
        if _is_idle(inner):
            return []
        if other.type == "if_statement":
            return [f"}} else {inner[0]}", *inner[1:]]
        return ["} else {", *_indented(inner), "}"]

    def _has_to_do(self, node: Node) -> bool:
        return any(
            n.id in self.calls or (n.type == "identifier" and self.file.text(n) in self.needed) for n in walk(node)
        )

    def _need(self, node: Node) -> None:
        named = {self.file.text(n) for n in walk(node) if n.type == "identifier"}
        self.needed |= named & self.local

    def _lines(self, node: Node) -> list[str]:
        return _dedented(self.file.text(node), node)


def _is_idle(lines: list[str]) -> bool:
    """Whether the lines do nothing but leave and wait, which counts only beside something else."""
    return all(map(_IDLE.fullmatch, lines))


def _dedented(text: str, node: Node) -> list[str]:
    """The lines of a node's text as if it stood at the left edge."""
    first, *rest = text.replace("\r", "").split("\n")
    column = min((len(line) - len(line.lstrip("\t")) for line in rest if line.strip()), default=0)
    if rest and rest[-1].strip()[:1] in ("}", ")"):
        column = len(rest[-1]) - len(rest[-1].lstrip("\t"))
    return [first, *(line[column:] for line in rest)]


def _indented(lines: list[str]) -> list[str]:
    return [f"\t{line}" if line else "" for line in lines]


def _parameters(file: GoFile, function: Node) -> set[str]:
    groups = [function.child_by_field_name(field) for field in ("receiver", "parameters", "result")]
    return {file.text(n) for g in groups if g is not None for n in walk(g) if n.type == "identifier"}


def _declared(file: GoFile, function: Node) -> set[str]:
    found = set()
    for node in walk(function.child_by_field_name("body")):
        if node.type in ("short_var_declaration", "range_clause", "receive_statement"):
            left = node.child_by_field_name("left")
            found |= {file.text(n) for n in left.named_children} if left is not None else set()
        elif node.type in ("var_spec", "const_spec"):
            found |= {file.text(n) for n in node.children_by_field_name("name")}
    return found


def _imports(file: GoFile, text: str) -> dict[str, str] | None:
    """The packages that ``text`` names; None where one of them may reach out of the test."""
    found = {}
    for name, path in file.imports.items():
        members = set(re.findall(rf"(?<![\w.]){re.escape(name)}\.(\w+)", text))
        known = path in HARMLESS and not members & _OUTSIDE.get(path, set())
        if members and not known and not members <= _HARMLESS_NAMES.get(path, set()):
            return None
        if members:
            found[name] = path
    return found
