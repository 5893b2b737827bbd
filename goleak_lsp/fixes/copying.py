"""What a lock protects, kept in a variable so that it can be used behind the Unlock."""

from __future__ import annotations

from goleak_lsp.fixes.guarding import Guarded, field_type
from goleak_lsp.fixes.imports import imported
from goleak_lsp.fixes.model import Target
from goleak_lsp.fixes.wrapping import unused_name
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import function_of
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

_PACKAGES = {"map_type": "maps", "slice_type": "slices"}


class Copy(Frozen):
    """The statement that makes the copy, and the edits that use it instead."""

    line: str
    edits: tuple[Edit, ...]


def copied(target: Target, file: GoFile, statement: Node, guarded: Guarded) -> Copy | None:
    """How ``statement`` may run without the lock: a loop over a copy, another lock by a pointer to it."""
    touched = list(guarded.touches(statement))
    if len(touched) != 1:
        return None
    used = touched[0].parent
    written = field_type(file, used)
    if written is None:
        return None
    if used.parent.type == "range_clause" and used.parent.parent == statement:
        return _of_loop(target, file, used, written)
    return _of_lock(file, statement, used, written)


def called_by_copy(file: GoFile, statement: Node, guarded: Guarded) -> Copy | None:
    """How a function that is kept in a field is called without the lock: ``le.save(…)`` by a variable."""
    touched = list(guarded.touches(statement))
    used = touched[0].parent if len(touched) == 1 else None
    call = used.parent if used is not None and used.type == "selector_expression" else None
    if call is None or call != guarded.waiting or call.child_by_field_name("function") != used:
        return None
    name = _name(file, used)
    return Copy(f"{name} := {file.text(used)}", (Edit(used.start_byte, used.end_byte, name),)) if name else None


def _of_loop(target: Target, file: GoFile, used: Node, written: Node) -> Copy | None:
    """``for _, r := range s.replicas`` over a clone of the map or slice."""
    path = _PACKAGES.get(written.type)
    if path is None or used.parent.child_by_field_name("right") != used or not _has_clone(target.go_version):
        return None
    found = imported(file, path)
    name = _name(file, used)
    if found is None or name is None:
        return None
    edits = (*found.edits, Edit(used.start_byte, used.end_byte, name))
    return Copy(f"{name} := {found.names[0]}.Clone({file.text(used)})", edits)


def _of_lock(file: GoFile, statement: Node, used: Node, written: Node) -> Copy | None:
    """``l.locks[name].Lock()`` by a variable, where the elements are pointers."""
    element = written.child_by_field_name("value") or written.child_by_field_name("element")
    index, selector = used.parent, used.parent.parent
    if element is None or element.type != "pointer_type" or index.type != "index_expression":
        return None
    call = selector.parent if selector.type == "selector_expression" else None
    if call is None or call.type != "call_expression" or call.parent != statement:
        return None
    name = unused_name(file, function_of(statement), ("lock", "mu", "held"))
    return Copy(f"{name} := {file.text(index)}", (Edit(index.start_byte, index.end_byte, name),)) if name else None


def _name(file: GoFile, selector: Node) -> str | None:
    field = file.text(selector.child_by_field_name("field"))
    return unused_name(file, function_of(selector), (field, f"{field}Now", "cloned"))


def _has_clone(version: str) -> bool:
    """Whether the standard library clones maps and slices; where nothing is known, today's does."""
    parts = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    return not parts or parts >= [1, 21]
