"""The edit that adds an import of the standard library where gofmt would have it."""

from __future__ import annotations

import re

from goleak_lsp.fixes.statement import walk
from goleak_lsp.fixes.wrapping import line_end, newline_of
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit


class Imported(Frozen):
    """The names that the file knows packages by, and the edits that it takes to have them."""

    names: tuple[str, ...]
    edits: tuple[Edit, ...] = ()


def imported(file: GoFile, *paths: str) -> Imported | None:
    """How to name the packages ``paths`` (sorted, of one element each).

    None where the file uses a name for something else or imports a package without one.
    """
    names = [_name(file, path) for path in paths]
    missing = [path for path, name in zip(paths, names, strict=True) if name == ""]
    if None in names or any(path in file.imports for path in missing):
        return None
    edits = _insertions(file, missing) if missing else ()
    return Imported(tuple(name or path for path, name in zip(paths, names, strict=True)), edits)


def _name(file: GoFile, path: str) -> str | None:
    """The file's name of the package; empty where it is not imported, None where it has none."""
    imports = (n for n in file.tree.root_node.named_children if n.type == "import_declaration")
    specs = (n for each in imports for n in walk(each) if n.type == "import_spec")
    spec = next((spec for spec in specs if _path(file, spec) == path), None)
    alias = spec.child_by_field_name("name") if spec else None
    name = file.text(alias) if alias else path
    if name in (".", "_") or _declares(file, name):
        return None
    return name if spec else ""


def _path(file: GoFile, spec: Node) -> str:
    return file.text(spec.child_by_field_name("path")).strip('"`')


def _declares(file: GoFile, name: str) -> bool:
    """Whether an identifier ``name`` means something else than a package anywhere in the file."""
    for found in re.finditer(rb"\b%b\b" % re.escape(name.encode()), file.data):
        node = file.node_at(*found.span())
        if node is not None and node.type in ("identifier", "type_identifier") and file.text(node) == name:
            parent = node.parent
            qualifies = parent.type == "selector_expression" and parent.child_by_field_name("operand") == node
            if not qualifies:
                return True
    return False


def _insertions(file: GoFile, paths: list[str]) -> tuple[Edit, ...]:
    declarations = [
        n
        for n in file.tree.root_node.named_children
        if n.type == "import_declaration" and b'"C"' not in file.data[n.start_byte : n.end_byte]
    ]
    nl = newline_of(file)
    if not declarations:
        clause = next(n for n in file.tree.root_node.named_children if n.type == "package_clause")
        end = line_end(file, clause.end_byte)
        return (Edit(end, end, nl + nl + _declaration([f'"{path}"' for path in paths], nl)),)
    first = declarations[0]
    inner = first.named_children[0] if first.named_children else None
    if inner is not None and inner.type == "import_spec_list":
        return tuple(_into_block(file, inner, path) for path in paths)
    if len(declarations) > 1:
        end = line_end(file, first.end_byte)
        return (Edit(end, end, "".join(f'{nl}import "{path}"' for path in paths)),)
    return (_into_new_block(file, first, inner, paths),)


def _declaration(specs: list[str], nl: str) -> str:
    if len(specs) == 1:
        return f"import {specs[0]}"
    return nl.join(["import (", *(f"\t{spec}" if spec else "" for spec in specs), ")"])


def _into_new_block(file: GoFile, declaration: Node, spec: Node, paths: list[str]) -> Edit:
    """``import "a"`` becomes a block; a comment behind it stays with it."""
    end = line_end(file, declaration.end_byte)
    old = file.data[spec.start_byte : end].decode("utf-8", "replace").rstrip("; \t")
    new = [f'"{path}"' for path in paths]
    known = _path(file, spec)
    if _is_standard(known):
        at = sum(path < known for path in paths)
        specs = [*new[:at], old, *new[at:]]
    else:
        specs = [*new, "", old]
    return Edit(declaration.start_byte, end, _declaration(specs, newline_of(file)))


def _into_block(file: GoFile, block: Node, path: str) -> Edit:
    """Into the first group of neighbouring lines that has a standard package."""
    nl = newline_of(file)
    group = next((g for g in _groups(file, block) if any(_is_standard(_path(file, s)) for s in g)), None)
    if group is None:
        start = block.start_byte + 1
        return Edit(start, start, f'{nl}\t"{path}"' + (nl if block.named_children else ""))
    before = [s for s in group if _path(file, s) < path]
    if before:
        end = line_end(file, before[-1].end_byte)
        return Edit(end, end, f'{nl}\t"{path}"')
    start = file.lines.offset(file.lines.line_of(group[0].start_byte))
    return Edit(start, start, f'\t"{path}"{nl}')


def _groups(file: GoFile, block: Node) -> list[list[Node]]:
    groups: list[list[Node]] = []
    last = -1
    for spec in block.named_children:
        if spec.type != "import_spec":
            continue
        line = file.lines.line_of(spec.start_byte)
        if line != last + 1:
            groups.append([])
        groups[-1].append(spec)
        last = line
    return groups


def _is_standard(path: str) -> bool:
    return "." not in path.split("/")[0]
