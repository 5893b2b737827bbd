"""The files of one Go package, and who calls whom among them by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from weakref import WeakKeyDictionary

from tree_sitter import Query, QueryCursor

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.facts import Facts
from goleak_lsp.golang.syntax import LANGUAGE, GoFile, Node

DECLARATIONS = ("function_declaration", "method_declaration")


class Located(Frozen):
    """A node and the file that it stands in."""

    path: Path
    file: GoFile
    node: Node

    @property
    def text(self) -> str:
        """The node's source."""
        return self.file.text(self.node)


class Package(Facts):
    """Files that share a folder and a package clause, each as parsed at the moment."""

    def __init__(self, files: Mapping[Path, GoFile]) -> None:
        super().__init__()
        self.files = dict(files)

    def _declared(self, name: str) -> list[Located]:
        return [Located(p, f, n) for p, f in self.files.items() for n in _index(f).declared.get(name, ())]

    def function(self, name: str) -> Located | None:
        """The one function or method of that name; None where there are several, as for another system."""
        found = self._declared(name)
        return found[0] if len(found) == 1 else None

    def functions(self) -> Iterator[Located]:
        """All declared functions and methods."""
        for path, file in self.files.items():
            for nodes in _index(file).declared.values():
                yield from (Located(path, file, node) for node in nodes)

    def mentions(self, *names: str) -> list[Located]:
        """Every use of the names as an identifier, a type or the last part of a selector, file by file."""
        files = self.files.items()
        return [Located(p, f, n) for p, f in files for name in names for n in _index(f).named.get(name, ())]

    def method_calls(self, *names: str) -> list[Located]:
        """Every call of a method of one of the names."""
        found = []
        for use in self.mentions(*names):
            call = use.node.parent.parent
            if use.node.type == "field_identifier" and _calls(call, use.node.parent):
                found.append(Located(use.path, use.file, call))
        return found

    def calls(self, declared: Located) -> list[Located] | None:
        """All calls of a function that this package declares; None where it is used as a value too.

        Names are compared alone: another function of that name makes the answer longer, not shorter.
        """
        name = declared.file.text(declared.node.child_by_field_name("name"))
        found = []
        for use in self.mentions(name):
            called = use.node.parent if use.node.type == "field_identifier" else use.node
            call = called.parent
            if not _calls(call, called):
                return None
            found.append(Located(use.path, use.file, call))
        return found

    def callee(self, file: GoFile, call: Node) -> Located | None:
        """The function of this package that ``call`` calls, as far as its name tells."""
        called = call.child_by_field_name("function")
        if called.type == "identifier":
            found = self.function(file.text(called))
            return found if found and found.node.type == "function_declaration" else None
        if called.type != "selector_expression":
            return None
        if file.text(called.child_by_field_name("operand")) in file.imports:
            return None
        found = self.function(file.text(called.child_by_field_name("field")))
        return found if found and found.node.type == "method_declaration" else None


_last = Package({})


def package_of(files: Mapping[Path, GoFile]) -> Package:
    """The package of ``files``: the one of the last question again where that was about the same files."""
    global _last
    known = _last
    if list(known.files.items()) != list(files.items()):
        known = _last = Package(files)
    return known


class _Index(Frozen):
    """What a file declares and names, by name; kept as long as the file."""

    declared: dict[str, list[Node]]
    named: dict[str, list[Node]]


_INDEXES: WeakKeyDictionary[GoFile, _Index] = WeakKeyDictionary()


def _index(file: GoFile) -> _Index:
    found = _INDEXES.get(file)
    if found is None:
        found = _INDEXES[file] = _Index({}, {})
        for node in file.root.named_children:
            if node.type in DECLARATIONS:
                found.declared.setdefault(file.text(node.child_by_field_name("name")), []).append(node)
        for node in sorted(QueryCursor(_names()).captures(file.root).get("name", []), key=lambda n: n.start_byte):
            if _is_use(node):
                found.named.setdefault(file.text(node), []).append(node)
    return found


def _calls(call: Node | None, called: Node) -> bool:
    return call is not None and call.type == "call_expression" and call.child_by_field_name("function") == called


def _is_use(node: Node) -> bool:
    if node.type == "type_identifier":
        return True
    if node.type == "field_identifier":
        return node.parent.type == "selector_expression"
    if node.type != "identifier":
        return False
    return node.parent.type not in DECLARATIONS or node.parent.child_by_field_name("name") != node


def statements_of(body: Node | None) -> list[Node]:
    """The statements of a block, comments among and before them left out."""
    lists = [c for c in body.named_children if c.type == "statement_list"] if body is not None else []
    return [s for s in lists[0].named_children if s.type != "comment"] if lists else []


def call_of(statement: Node) -> Node:
    """The call of a ``go`` or ``defer`` statement."""
    return next(c for c in statement.named_children if c.type != "comment")


def parameters(file: GoFile, function: Node) -> list[tuple[str, Node]]:
    """The names and types of a function's parameters in order; ``_`` for those without a name."""
    found = []
    group = function.child_by_field_name("parameters")
    for declared in group.named_children if group is not None else ():
        written = declared.child_by_field_name("type")
        names = declared.children_by_field_name("name")
        found += [(file.text(name), written) for name in names] or [("_", written)]
    return found


@cache
def _names() -> Query:
    return Query(LANGUAGE, "[(identifier) (field_identifier) (type_identifier)] @name")
