"""WaitGroups: which one a goroutine serves, and where it is waited for."""

from __future__ import annotations

from goleak_lsp.fixes.paths import calls_named
from goleak_lsp.fixes.statement import walk
from goleak_lsp.golang.names import Declared, function_of, lookup, type_of, value_of
from goleak_lsp.golang.package import Located, Package, call_of, parameters, statements_of
from goleak_lsp.golang.syntax import GoFile, Node


def is_group(file: GoFile, declared: Declared | None) -> bool:
    """Whether a local variable or parameter is a ``sync.WaitGroup`` or a pointer to one."""
    if declared is None:
        return False
    written = type_of(declared) or _type_of_value(declared)
    if written is None:
        return False
    base = written.named_children[0] if written.type == "pointer_type" else written
    package, _, name = file.text(base).partition(".")
    return name == "WaitGroup" and file.imports.get(package) == "sync"


def _type_of_value(declared: Declared) -> Node | None:
    """The type in ``new(T)``, ``T{}`` and ``&T{}``."""
    value = value_of(declared)
    if value is not None and value.type == "unary_expression":
        value = value.child_by_field_name("operand")
    if value is None:
        return None
    if value.type == "call_expression":
        arguments = value.child_by_field_name("arguments").named_children
        return arguments[0] if arguments and value.child_by_field_name("function").text == b"new" else None
    return value.child_by_field_name("type") if value.type == "composite_literal" else None


def group_of(file: GoFile, scope: Node, name: str) -> Declared | None:
    """The WaitGroup ``name`` that the function ``scope`` itself declares."""
    statements = statements_of(scope.child_by_field_name("body"))
    declared = lookup(file, statements[-1], name) if statements else None
    found = declared is not None and function_of(declared.node) == scope and is_group(file, declared)
    return declared if found else None


def done_of(package: Package, where: Located, started: Node) -> str | None:
    """The one WaitGroup, by its name at a ``go`` statement, to which the goroutine says ``Done``."""
    call = call_of(started)
    called = call.child_by_field_name("function")
    if called.type == "func_literal":
        callee = Located(where.path, where.file, called)
    else:
        callee = package.callee(where.file, call)
    if callee is None:
        return None
    names = {_operand(callee.file, c) for c in calls_named(callee.file, callee.node, "Done")}
    names = {name for name in names if name and is_group(callee.file, _meant(callee, name))}
    if len(names) != 1:
        return None
    name = names.pop()
    return _at_the_call(where.file, callee, call, name)


def _meant(callee: Located, name: str) -> Declared | None:
    statements = statements_of(callee.node.child_by_field_name("body"))
    return lookup(callee.file, statements[-1], name) if statements else None


def _operand(file: GoFile, call: Node) -> str | None:
    name = operand_of(file, call)
    return name if name is not None and name.isidentifier() else None


def operand_of(file: GoFile, call: Node) -> str | None:
    """What a method is called on, as written; None for a plain function."""
    called = call.child_by_field_name("function")
    operand = called.child_by_field_name("operand") if called.type == "selector_expression" else None
    return file.text(operand) if operand is not None else None


def is_group_call(file: GoFile, call: Node) -> bool:
    """Whether the method is called on a WaitGroup, as far as the file says: a variable, or a field
    of a struct that it declares."""
    operand = call.child_by_field_name("function").child_by_field_name("operand")
    if operand.type == "identifier":
        return is_group(file, lookup(file, operand, file.text(operand)))
    field = operand.child_by_field_name("field") if operand.type == "selector_expression" else None
    return field is not None and file.text(field) in group_fields(file)


def group_fields(file: GoFile) -> set[str]:
    """Names of struct fields in this file that are WaitGroups."""
    found = set()
    for node in walk(file.root):
        if node.type == "field_declaration":
            written = node.child_by_field_name("type")
            package, _, name = file.text(written).partition(".") if written is not None else ("", "", "")
            if name == "WaitGroup" and file.imports.get(package) == "sync":
                found |= {file.text(n) for n in node.children_by_field_name("name")}
    return found


def _at_the_call(file: GoFile, callee: Located, call: Node, name: str) -> str | None:
    names = [n for n, _ in parameters(callee.file, callee.node)]
    if name not in names:
        return name if callee.node.type == "func_literal" else None
    arguments = call.child_by_field_name("arguments").named_children
    if names.index(name) >= len(arguments):
        return None
    return file.text(arguments[names.index(name)]).removeprefix("&")


def waits_for(file: GoFile, scope: Node, name: str) -> list[Node]:
    """The statements ``name.Wait()`` of the function itself."""
    found = []
    for call in calls_named(file, scope, "Wait"):
        if function_of(call) == scope and _operand(file, call) == name and call.parent.type == "expression_statement":
            found.append(call.parent)
    return found


def others_say_done(package: Package, file: GoFile, place: Node, name: str) -> bool:
    """Whether a function that goroutines may call says ``Done`` to the WaitGroup that ``name`` means at ``place``.

    A goroutine's own literal, which says so for itself, is none; whoever is handed the group may be one.
    """
    meant = lookup(file, place, name)
    is_global = meant is not None and function_of(meant.node) is None
    for source in package.files.values() if is_global else (file,):
        for use in source.identifiers.get(name, ()):
            declared = lookup(source, use, name)
            same = declared.node == meant.node if declared is not None and source is file else declared is None
            if same and not _is_counted(source, use, meant.node):
                return True
    return False


def _is_counted(file: GoFile, use: Node, declaration: Node) -> bool:
    """Whether a mention declares, counts or waits for the group, or is the ``Done`` of a goroutine's own literal."""
    if declaration.start_byte <= use.start_byte < declaration.end_byte:
        return True
    called = use.parent
    call = called.parent if called.type == "selector_expression" else None
    if call is None or call.type != "call_expression" or call.child_by_field_name("function") != called:
        return False
    method = file.text(called.child_by_field_name("field"))
    if method in ("Add", "Wait", "Go"):
        return True
    function = function_of(use)
    started = function.parent if function is not None and function.type == "func_literal" else None
    if started is not None and started.type == "call_expression" and started.parent.type == "defer_statement":
        function = function_of(started)
        started = function.parent if function is not None and function.type == "func_literal" else None
    return started is not None and started.type == "call_expression" and started.parent.type == "go_statement"
