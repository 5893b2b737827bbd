"""What the files of one package declare outside functions, whichever file does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.facts import Facts
from goleak_lsp.golang.scope import node_of
from goleak_lsp.golang.syntax import Function, GoFile, Node


class Routine(Frozen):
    """A function, method or literal, and the file that it stands in."""

    path: Path
    file: GoFile
    function: Function

    @property
    def key(self) -> tuple[Path, int]:
        """What tells it from all others."""
        return self.path, self.function.index

    @property
    def node(self) -> Node:
        """Its syntax node."""
        return node_of(self.file, self.function)


class Declaration(Frozen):
    """A type or variable declared outside functions: its specification's node."""

    path: Path
    file: GoFile
    node: Node


class Declarations(Facts):
    """The declarations of the files of one folder that share a package clause."""

    def __init__(self, files: Mapping[Path, GoFile]) -> None:
        super().__init__()
        self.files = files

    @cached_property
    def functions(self) -> dict[str, Routine]:
        """Declared functions and methods by their runtime names without the package."""
        return {
            function.name: Routine(path, file, function)
            for path, file in self.files.items()
            for function in file.functions
            if function.outer is None
        }

    def one(self, name: str) -> Routine | None:
        """The function of that name; None where several files declare it, as for different systems."""
        found = self.functions.get(name)
        return found if found and self._declared[name] == 1 else None

    @cached_property
    def _declared(self) -> Counter[str]:
        return Counter(f.name for file in self.files.values() for f in file.functions if f.outer is None)

    @cached_property
    def types(self) -> dict[str, Declaration]:
        """Declared types by name."""
        return {
            file.text(spec.child_by_field_name("name")): Declaration(path, file, spec)
            for path, file in self.files.items()
            for spec in _specs(file, "type_declaration", ("type_spec",))
        }

    @cached_property
    def variables(self) -> dict[str, Declaration]:
        """Package variables by name."""
        return {
            file.text(name): Declaration(path, file, spec)
            for path, file in self.files.items()
            for spec in _specs(file, "var_declaration", ("var_spec",))
            for name in spec.children_by_field_name("name")
        }

    def routine(self, path: Path, function: Function) -> Routine:
        """A function of one of the package's files."""
        return Routine(path, self.files[path], function)

    def method(self, type_name: str, name: str) -> Routine | None:
        """The method of a type or of a pointer to it."""
        return self.functions.get(f"(*{type_name}).{name}") or self.functions.get(f"{type_name}.{name}")

    def makers(self, type_name: str) -> list[tuple[GoFile, Node]]:
        """The places where values of a type come into being, those too that are parts of others."""
        return [(file, node) for file in self.files.values() for node in _mentions(file, type_name) if _is_made(node)]

    def fields(self, type_name: str) -> dict[str, Node]:
        """The types of a struct's fields by name; an embedded one has its type's name."""
        return self.fact(Declarations._fields, type_name)

    def _fields(self, type_name: str) -> dict[str, Node]:
        declared = self.types.get(type_name)
        struct = declared.node.child_by_field_name("type") if declared else None
        return struct_fields(declared.file, struct) if struct is not None else {}


def struct_fields(file: GoFile, struct: Node) -> dict[str, Node]:
    """The types of the fields that a struct type writes, by name."""
    found: dict[str, Node] = {}
    if struct.type != "struct_type" or not struct.named_children:
        return found
    for field in struct.named_children[0].named_children:
        kind = field.child_by_field_name("type")
        if field.type != "field_declaration" or kind is None:
            continue
        names = field.children_by_field_name("name")
        for name in names or [kind]:
            found[file.text(name).rpartition(".")[2]] = kind
    return found


def _specs(file: GoFile, declaration: str, kinds: tuple[str, ...]) -> list[Node]:
    found, stack = [], [n for n in file.root.named_children if n.type == declaration]
    while stack:
        node = stack.pop()
        if node.type in kinds:
            found.append(node)
        elif node.type in (declaration, "var_spec_list"):
            stack.extend(node.named_children)
    return found


def _mentions(file: GoFile, type_name: str) -> list[Node]:
    wanted, found, stack = type_name.encode(), [], [file.root]
    while stack:
        node = stack.pop()
        if node.type == "type_identifier" and file.data[node.start_byte : node.end_byte] == wanted:
            found.append(node)
        stack.extend(node.named_children)
    return found


_NO_VALUE = ("type_spec", "type_assertion_expression", "type_case", "type_conversion_expression")


def _is_made(node: Node) -> bool:
    """Whether the mention of a type makes a value of it, or may; not if it only points to one.

    A receiver or parameter by value is a copy, and so another value.
    """
    parent = node.parent
    while parent.type in ("generic_type", "parenthesized_type"):
        parent = parent.parent
    if parent.type == "pointer_type":
        # Literals of such a slice or map make values without naming their type.
        return parent.parent.type in ("slice_type", "array_type", "map_type", "implicit_length_array_type")
    return parent.type not in _NO_VALUE
