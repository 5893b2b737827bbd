"""The files of one Go package, and who calls whom among them by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from goleak_lsp.golang.syntax import GoFile, Node

DECLARATIONS = ("function_declaration", "method_declaration")


class Located(NamedTuple):
    """A node and the file that it stands in."""

    path: Path
    file: GoFile
    node: Node

    @property
    def text(self) -> str:
        """The node's source."""
        return self.file.text(self.node)


class Package:
    """Files that share a folder and a package clause, each as parsed at the moment."""

    def __init__(self, files: Mapping[Path, GoFile]) -> None:
        self.files = dict(files)

    @cached_property
    def _declared(self) -> dict[str, list[Located]]:
        found: dict[str, list[Located]] = {}
        for path, file in self.files.items():
            for node in file.root.named_children:
                if node.type in DECLARATIONS:
                    name = node.child_by_field_name("name")
                    found.setdefault(file.text(name), []).append(Located(path, file, node))
        return found

    def function(self, name: str) -> Located | None:
        """The one function or method of that name; None where there are several, as for another system."""
        found = self._declared.get(name, [])
        return found[0] if len(found) == 1 else None

    def functions(self) -> Iterator[Located]:
        """All declared functions and methods."""
        for found in self._declared.values():
            yield from found

    @cached_property
    def _named(self) -> dict[str, list[Located]]:
        """Every identifier and selected field that is not a declaration's own name, by name."""
        found: dict[str, list[Located]] = {}
        for path, file in self.files.items():
            stack = [file.root]
            while stack:
                node = stack.pop()
                stack.extend(reversed(node.named_children))
                if _is_use(node):
                    found.setdefault(file.text(node), []).append(Located(path, file, node))
        return found

    def mentions(self, name: str) -> list[Located]:
        """Every use of ``name`` as an identifier or as the last part of a selector."""
        return self._named.get(name, [])

    def calls(self, declared: Located) -> list[Located] | None:
        """All calls of a function that this package declares; None where it is used as a value too.

        Names are compared alone: another function of that name makes the answer longer, not shorter.
        """
        name = declared.file.text(declared.node.child_by_field_name("name"))
        found = []
        for use in self.mentions(name):
            called = use.node.parent if use.node.type == "field_identifier" else use.node
            call = called.parent
            if call.type != "call_expression" or call.child_by_field_name("function") != called:
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


def _is_use(node: Node) -> bool:
    if node.type == "field_identifier":
        return node.parent.type == "selector_expression"
    if node.type != "identifier":
        return False
    return node.parent.type not in DECLARATIONS or node.parent.child_by_field_name("name") != node


def parameters(file: GoFile, function: Node) -> list[tuple[str, Node]]:
    """The names and types of a function's parameters in order; ``_`` for those without a name."""
    found = []
    group = function.child_by_field_name("parameters")
    for declared in group.named_children if group is not None else ():
        written = declared.child_by_field_name("type")
        names = declared.children_by_field_name("name")
        found += [(file.text(name), written) for name in names] or [("_", written)]
    return found
