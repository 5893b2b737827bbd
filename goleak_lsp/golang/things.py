"""Which lock, channel or group an expression means, as far as declarations tell.

A ``Thing`` is a variable or a field. Two expressions that mean one package variable mean one
object for sure; two that mean one field may belong to different values of the type.
"""

from __future__ import annotations

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.declarations import Declarations, struct_fields
from goleak_lsp.golang.names import Declared, lookup, value_of
from goleak_lsp.golang.syntax import GoFile, Node

PACKAGE, LOCAL, FIELD = "package", "local", "field"
_DEPTH = 8


class Thing(Frozen):
    """What an expression names.

    ``owner`` is the type's name for a field, the place of the declaration for a local, else
    empty; ``name`` is as people would say it: ``mu``, ``Account.mu``.
    """

    kind: str
    owner: str
    name: str

    @property
    def is_one(self) -> bool:
        """Whether there is one such object in the process."""
        return self.kind == PACKAGE


def thing_of(package: Declarations, file: GoFile, node: Node | None) -> Thing | None:
    """The variable or field that an expression means; None for what cannot be told."""
    node = _plain(node)
    if node is None:
        return None
    if node.type == "identifier":
        return _variable(package, file, node)
    if node.type != "selector_expression":
        return None
    base, field = node.child_by_field_name("operand"), file.text(node.child_by_field_name("field"))
    inner = _plain(base)
    if inner is not None and inner.type == "identifier" and _imported(file, inner):
        return Thing(PACKAGE, "", file.text(node))
    outer = thing_of(package, file, base)
    if outer is not None and outer.is_one:
        return Thing(PACKAGE, "", f"{outer.name}.{field}")
    owner = type_name(package, file, base)
    return Thing(FIELD, owner, f"{owner}.{field}") if owner else None


def lock_of(package: Declarations, file: GoFile, node: Node | None) -> Thing | None:
    """As ``thing_of``, for the receiver of ``Lock``: a struct that embeds its lock means that field."""
    found = thing_of(package, file, node)
    owner = type_name(package, file, node)
    if found is None or owner is None:
        return found
    for name, kind in package.fields(owner).items():
        text = package.types[owner].file.text(kind)
        if text.lstrip("*") in ("sync.Mutex", "sync.RWMutex") and text.rpartition(".")[2] == name:
            whose = found.name if found.is_one else owner
            return Thing(PACKAGE, "", f"{whose}.{name}") if found.is_one else Thing(FIELD, owner, f"{whose}.{name}")
    return found


def _plain(node: Node | None) -> Node | None:
    """The expression without parentheses, ``*`` and ``&``."""
    while node is not None and node.type in ("parenthesized_expression", "unary_expression"):
        if node.type == "unary_expression" and node.children[0].type not in ("*", "&"):
            return None
        node = node.child_by_field_name("operand") or node.named_children[0]
    return node


def _imported(file: GoFile, node: Node) -> bool:
    return file.text(node) in file.imports and lookup(file, node, file.text(node)) is None


def _variable(package: Declarations, file: GoFile, node: Node) -> Thing | None:
    name = file.text(node)
    declared = lookup(file, node, name)
    if declared is None or is_global(declared):
        return Thing(PACKAGE, "", name) if name in package.variables else None
    return Thing(LOCAL, f"{file.package}:{declared.node.start_byte}:{declared.index}", name)


def is_global(declared: Declared) -> bool:
    """Whether the name is declared outside functions."""
    node = declared.node.parent
    while node is not None and node.type in ("var_declaration", "var_spec_list", "const_declaration"):
        node = node.parent
    return node is not None and node.type == "source_file"


def type_name(package: Declarations, file: GoFile, node: Node | None, depth: int = 0) -> str | None:
    """The name of the declared type of an expression, pointers aside; None where that is not plain."""
    node = _plain(node)
    if node is None or depth > _DEPTH:
        return None
    if node.type == "identifier":
        return _type_of_name(package, file, node, depth)
    if node.type == "selector_expression":
        owner = type_name(package, file, node.child_by_field_name("operand"), depth + 1)
        fields = package.fields(owner) if owner else _anonymous(package, file, node)
        written = fields.get(file.text(node.child_by_field_name("field")))
        return _written(file, written)
    if node.type in ("composite_literal", "call_expression"):
        return _made(package, file, node)
    return None


def _anonymous(package: Declarations, file: GoFile, node: Node) -> dict[str, Node]:
    """The fields of a variable whose struct type has no name."""
    base = _plain(node.child_by_field_name("operand"))
    declared = package.variables.get(file.text(base)) if base is not None and base.type == "identifier" else None
    struct = declared.node.child_by_field_name("type") if declared else None
    return struct_fields(declared.file, struct) if struct is not None else {}


def _type_of_name(package: Declarations, file: GoFile, node: Node, depth: int) -> str | None:
    name = file.text(node)
    declared = lookup(file, node, name)
    if declared is None or is_global(declared):
        outside = package.variables.get(name)
        if outside is None:
            return None
        written = outside.node.child_by_field_name("type")
        if written is not None:
            return _written(outside.file, written)
        names = [outside.file.text(n) for n in outside.node.children_by_field_name("name")]
        value = value_of(Declared(outside.node, names.index(name)))
        return type_name(package, outside.file, value, depth + 1)
    if declared.node.type in ("parameter_declaration", "var_spec"):
        written = declared.node.child_by_field_name("type")
        if written is not None:
            return _written(file, written)
    if declared.node.type == "range_clause":
        return None
    return type_name(package, file, value_of(declared), depth + 1)


def _written(file: GoFile, node: Node | None) -> str | None:
    """The name in a written type: ``*T``, ``T``, ``T[K]``, ``sync.Mutex``."""
    if node is not None and node.type == "pointer_type":
        node = node.named_children[0]
    if node is not None and node.type == "generic_type":
        node = node.child_by_field_name("type")
    return file.text(node) if node is not None and node.type in ("type_identifier", "qualified_type") else None


def _made(package: Declarations, file: GoFile, node: Node) -> str | None:
    """The type that a literal, ``new(T)`` or a constructor of the package gives."""
    if node.type == "composite_literal":
        return _written(file, node.child_by_field_name("type"))
    called = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if file.text(called) == "new" and arguments is not None and arguments.named_children:
        return _written(file, arguments.named_children[0])
    routine = package.functions.get(file.text(called)) if called.type == "identifier" else None
    result = routine.node.child_by_field_name("result") if routine else None
    if result is not None and result.type == "parameter_list":
        first = result.named_children[0] if result.named_children else None
        result = first.child_by_field_name("type") if first is not None else None
    return _written(routine.file, result) if routine and result is not None else None


def is_single(package: Declarations, thing: Thing) -> bool:
    """Whether a field's type has one value in the process: a variable of the package, or one that
    ``main`` makes outside of loops, and nobody else makes any."""
    if thing.kind != FIELD or thing.owner not in package.types:
        return thing.kind == PACKAGE
    makers = package.makers(thing.owner)
    return len(makers) == 1 and _runs_once(*makers[0])


_MANY = ("slice_type", "array_type", "map_type", "channel_type", "field_declaration", "parameter_declaration")


def _runs_once(file: GoFile, node: Node) -> bool:
    """Whether the mention of a type makes one value: in a variable of the package or once in ``main``."""
    function = file.function_at(node.start_byte)
    at = node.parent
    while at is not None and at.type not in ("function_declaration", "method_declaration", "func_literal"):
        if at.type in _MANY or at.type == "for_statement":
            return False
        at = at.parent
    return at is None or (function.name == "main" and file.package == "main" and at.type == "function_declaration")
