"""Every use in a package of a channel, lock or group, wherever it is kept."""

from __future__ import annotations

from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.declarations import Declarations, Routine
from goleak_lsp.golang.handing import action_of
from goleak_lsp.golang.scope import below
from goleak_lsp.golang.sharing import shared_objects
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.golang.things import LOCAL, Thing, thing_of


class Partner(Frozen):
    """One use: what ``sharing.Use`` calls its action, and where it stands."""

    action: str
    routine: Routine
    start: int
    end: int


def partners_of(package: Declarations, routine: Routine, node: Node) -> list[Partner] | None:
    """All uses of what an expression means; None when some may stand elsewhere."""
    thing = thing_of(package, routine.file, node)
    if thing is None:
        return None
    if thing.kind == LOCAL:
        shared = shared_objects(package, routine, routine.file.text(node), node.start_byte)
        return [Partner(u.action, u.routine, u.start, u.end) for s in shared for u in s.uses] if shared else None
    last = thing.name.rpartition(".")[2]
    if last[:1].isupper() and routine.file.package != "main":
        return None
    return package.fact(_all_uses, thing, last)


def _all_uses(package: Declarations, thing: Thing, name: str) -> list[Partner] | None:
    found = []
    for path, file in package.files.items():
        for node in _named(file, name):
            whole = _whole(node)
            meant = thing_of(package, file, whole)
            if _makes(file, node) or (meant is not None and meant != thing):
                continue
            if whole.type == "identifier" and meant is None:
                continue  # another name of the same spelling: a key, a label, a parameter
            action, at = action_of(file, whole)
            function = file.function_at(node.start_byte)
            if action in ("escape", "argument") or function is None:
                return None
            found.append(Partner(action, Routine(path, file, function), at.start_byte, at.end_byte))
    return found


def makers_of(package: Declarations, file: GoFile, node: Node) -> list[tuple[Path, GoFile, Node]]:
    """The ``make`` calls that a package variable or field is given anywhere in the package."""
    thing = thing_of(package, file, node)
    return package.fact(_makers, thing) if thing is not None and thing.kind != LOCAL else []


def _makers(package: Declarations, thing: Thing) -> list[tuple[Path, GoFile, Node]]:
    found = []
    for path, source in package.files.items():
        for named in _named(source, thing.name.rpartition(".")[2]):
            meant = thing_of(package, source, _whole(named))
            if meant is not None and meant != thing:
                continue
            holder = named.parent
            while holder.type in ("literal_element", "selector_expression", "expression_list"):
                holder = holder.parent
            if holder.type in ("var_spec", "keyed_element", "assignment_statement") and _makes(source, named):
                made = next((n for n in below(holder) if n.type == "call_expression"), None)
                if made is not None and made.text.startswith(b"make(chan"):
                    found.append((path, source, made))
    return found


def _named(file: GoFile, name: str) -> list[Node]:
    """Every identifier of the name in the file, in source order."""
    found = [*file.identifiers.get(name, ()), *file.fields.get(name, ())]
    return sorted(found, key=lambda node: node.start_byte)


def _whole(node: Node) -> Node:
    """The selector that a field's name ends, or the name itself."""
    parent = node.parent
    if parent.type == "selector_expression" and parent.child_by_field_name("field") == node:
        return parent
    return node


def _makes(file: GoFile, node: Node) -> bool:
    """Whether the name stands where it is declared or given a new channel."""
    parent = node.parent
    if parent.type in ("field_declaration", "var_spec", "parameter_declaration"):
        return True
    holder = parent
    while holder.type in ("literal_element", "selector_expression", "expression_list"):
        holder = holder.parent
    if holder.type == "keyed_element":
        return _is_new(file, holder.named_children[-1]) if len(holder.named_children) == 2 else False
    if holder.type == "assignment_statement":
        left, right = holder.child_by_field_name("left"), holder.child_by_field_name("right")
        inside = left.start_byte <= node.start_byte < left.end_byte
        return inside and all(_is_new(file, value) for value in right.named_children)
    return False


def _is_new(file: GoFile, value: Node) -> bool:
    text = file.text(value)
    return text.startswith("make(chan") or text in ("nil", "sync.Mutex{}", "&sync.Mutex{}", "sync.WaitGroup{}")
