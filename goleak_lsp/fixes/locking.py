"""Locks of a package: which mutex a call means, and which functions take and give it back."""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.fixes.groups import operand_of
from goleak_lsp.fixes.paths import calls_named
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import function_of, lookup, struct_fields, type_of, value_of
from goleak_lsp.golang.package import Located, Package
from goleak_lsp.golang.syntax import GoFile, Node

Key = tuple[str, str]
"""What a mutex is: the type and the field that it is of, ``("", name)`` for a variable of the
package, or the place of its declaration and its name for a local one."""

GIVES_BACK = {"Lock": "Unlock", "RLock": "RUnlock"}


class Taken(Frozen):
    """One call of Lock or RLock: its statement, what it locks as written there, and its function."""

    where: Located
    key: Key
    operand: str
    method: str
    function: Node

    @property
    def release(self) -> str:
        """The call that gives it back."""
        return f"{self.operand}.{GIVES_BACK[self.method]}()"


def key_of(file: GoFile, operand: Node) -> Key | None:
    """The mutex that ``operand.Lock()`` means, None where the file does not tell."""
    if operand.type == "selector_expression":
        base = _type_name(file, operand.child_by_field_name("operand"))
        return (base, file.text(operand.child_by_field_name("field"))) if base else None
    if operand.type != "identifier":
        return None
    declared = lookup(file, operand, file.text(operand))
    if declared is None or function_of(declared.node) is None:
        return "", file.text(operand)
    # A struct that embeds a mutex is locked by its own name.
    base = _type_name(file, operand)
    return (base, "") if base and not base.startswith("sync.") else (str(declared.node.start_byte), file.text(operand))


def _type_name(file: GoFile, name: Node) -> str | None:
    """The type of a variable or field without its pointer, as far as this file declares it."""
    base = _base_type(file, name)
    if base is None:
        return None
    return file.text(base.child_by_field_name("type") if base.type == "generic_type" else base)


def _base_type(file: GoFile, name: Node) -> Node | None:
    """The node of that type."""
    if name.type == "selector_expression":
        owner = _base_type(file, name.child_by_field_name("operand"))
        fields = struct_fields(file, owner) if owner is not None else {}
        written = fields.get(file.text(name.child_by_field_name("field")))
    else:
        written = _type_of_variable(file, name) if name.type == "identifier" else None
    if written is None:
        return None
    return written.named_children[0] if written.type == "pointer_type" else written


def _type_of_variable(file: GoFile, name: Node) -> Node | None:
    declared = lookup(file, name, file.text(name))
    if declared is None:
        return None
    written, value = type_of(declared), value_of(declared)
    if written is not None or value is None:
        return written
    if value.type == "unary_expression":
        value = value.child_by_field_name("operand")
    return value.child_by_field_name("type") if value.type == "composite_literal" else None


def taken(package: Package) -> Iterator[Taken]:
    """Every Lock and RLock of the package that is a statement of its own."""
    for call in package.method_calls(*GIVES_BACK):
        file, called = call.file, call.node.child_by_field_name("function")
        operand, statement = called.child_by_field_name("operand"), call.node.parent
        key, function = key_of(file, operand), function_of(statement)
        if key is not None and function is not None and statement.type == "expression_statement":
            method = file.text(called.child_by_field_name("field"))
            yield Taken(Located(call.path, file, statement), key, file.text(operand), method, function)


def releases(lock: Taken) -> list[Node]:
    """The calls in the function of ``lock``, closures included, that give it back."""
    file = lock.where.file
    calls = calls_named(file, lock.function, GIVES_BACK[lock.method])
    return [c for c in calls if operand_of(file, c) == lock.operand]


def released_elsewhere(package: Package, lock: Taken, functions: set[int]) -> bool:
    """Whether a function that does not take the lock may give it back, or hands on what does.

    So may any function with a value of a type that is not told.
    """
    for use in package.mentions(GIVES_BACK[lock.method]):
        called, function = use.node.parent, function_of(use.node)
        operand = called.child_by_field_name("operand") if called.type == "selector_expression" else None
        if function is None or operand is None or not _may_mean(use.file, operand, lock):
            continue
        if called.parent.type != "call_expression" or called.parent.child_by_field_name("function") != called:
            return True
        if key_of(use.file, operand) != lock.key and _takes(use.file, function, operand, lock.method):
            continue
        while function.type == "func_literal" and function.start_byte not in functions:
            function = function_of(function) or function.parent
        if function.start_byte not in functions:
            return True
    return False


def is_exported(lock: Taken) -> bool:
    """Whether other packages can name the lock: a field or variable, or the value that embeds it."""
    owner, name = lock.key
    is_local = owner.isdigit()
    names = [n for n in (owner, name) if n]
    return lock.where.file.package != "main" and not is_local and all(n[:1].isupper() for n in names)


def _may_mean(file: GoFile, operand: Node, lock: Taken) -> bool:
    """Whether an operand is the lock, or a value's field of its name, or a value that may embed it."""
    key = key_of(file, operand)
    owner, name = lock.key
    if key == lock.key or owner == "" or owner.isdigit():
        return key == lock.key
    if key is None:
        last = operand.child_by_field_name("field") if operand.type == "selector_expression" else None
        return not name or (last is not None and file.text(last) == name)
    return not name and key[0].isdigit() and _type_name(file, operand) is None


def _takes(file: GoFile, function: Node, operand: Node, method: str) -> bool:
    """Whether the function takes what it gives back under the same name."""
    return any(operand_of(file, call) == file.text(operand) for call in calls_named(file, function, method))
