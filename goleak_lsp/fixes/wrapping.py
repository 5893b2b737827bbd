"""Edits that turn a blocked statement into a select with a second case, which leaves."""

from __future__ import annotations

import re

from goleak_lsp.fixes.statement import DEFINE, RANGE, RETURN, SELECT, VAR, Statement, walk
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.names import scopes
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit

_TAIL = re.compile(rb"[ \t]*(//.*)?\r?")


class Way(Frozen):
    """The case that leaves: what it waits for and its one statement."""

    case: str
    leave: str


def wrap(file: GoFile, found: Statement, way: Way, element: str | None) -> tuple[Edit, ...] | None:
    """The edits, or None where the statement's place or an unknown element type forbids them.

    ``element`` is the type of the channel's elements as it may be written there.
    """
    if found.form == SELECT:
        return _add_case(file, found, way)
    if found.form == RANGE:
        return _open_range(file, found, way, element)
    return _surround(file, found, way, element)


def newline_of(file: GoFile) -> str:
    """The line break that the file uses."""
    return "\r\n" if b"\r\n" in file.data else "\n"


def indent_at(file: GoFile, offset: int) -> str:
    """The white space that the line of ``offset`` begins with."""
    line = file.lines.text(file.lines.line_of(offset))
    return line[: len(line) - len(line.lstrip())]


def line_end(file: GoFile, offset: int) -> int:
    """The offset of the line break behind ``offset``, or the text's end."""
    at = file.data.find(b"\n", offset)
    if at < 0:
        return len(file.data)
    return at - 1 if file.data[at - 1 : at] == b"\r" and at > offset else at


def begins_line(file: GoFile, offset: int) -> bool:
    """Whether only white space stands before ``offset`` on its line."""
    return not file.data[file.lines.offset(file.lines.line_of(offset)) : offset].strip()


def ends_line(file: GoFile, offset: int) -> bool:
    """Whether at most a comment follows ``offset`` on its line."""
    return _TAIL.fullmatch(file.data[offset : line_end(file, offset)]) is not None


def _add_case(file: GoFile, found: Statement, way: Way) -> tuple[Edit, ...] | None:
    close = found.node.end_byte - 1
    if not begins_line(file, close):
        return None
    indent, nl = indent_at(file, close), newline_of(file)
    text = f"{indent}case {way.case}:{nl}{indent}\t{way.leave}{nl}"
    at = file.lines.offset(file.lines.line_of(close))
    return (Edit(at, at, text),)


def _surround(file: GoFile, found: Statement, way: Way, element: str | None) -> tuple[Edit, ...] | None:
    opening = _communication(file, found, element)
    if opening is None:
        return None
    place = _place(file, found)
    if place is None:
        return None
    declared, changes, behind = opening
    before, indent, after = place
    separator = newline_of(file) + indent
    head = Edit(before.start, before.end, before.text + separator.join([*declared, "select {", "case "]))
    cases = separator + separator.join([*behind, f"case {way.case}:", f"\t{way.leave}", "}"])
    colon = Edit(found.node.end_byte, found.node.end_byte, ":")
    return joined([head, *changes, colon, Edit(after.start, after.end, cases + after.text)])


def _place(file: GoFile, found: Statement) -> tuple[Edit, str, Edit] | None:
    """The edits that give the statement lines of its own, if it has none, and its indentation."""
    start, end = found.node.start_byte, found.node.end_byte
    block = _one_line_block(file, found)
    if block is not None:
        outer, nl = indent_at(file, block.start_byte), newline_of(file)
        before = Edit(block.start_byte + 1, start, f"{nl}{outer}\t")
        return before, outer + "\t", Edit(end, block.end_byte - 1, nl + outer)
    if not (begins_line(file, start) and ends_line(file, end)):
        return None
    behind = line_end(file, end)
    return Edit(start, start, ""), indent_at(file, start), Edit(behind, behind, "")


def _one_line_block(file: GoFile, found: Statement) -> Node | None:
    """The block ``{ ch <- v }`` of a closure, where it is one line with nothing else in it."""
    block = found.node.parent.parent
    if block is None or block.type != "block" or len(found.node.parent.named_children) != 1:
        return None
    if len(block.named_children) != 1 or block.parent.type != "func_literal":
        return None
    if b"\n" in file.data[block.start_byte : found.node.start_byte] or in_one_line(file, block):
        return None
    inner = file.data[found.node.end_byte : block.end_byte - 1]
    return block if not inner.strip() else None


def in_one_line(file: GoFile, block: Node) -> bool:
    """Whether a block around ``block`` begins on the same line, so that opening one would open both."""
    at = block.parent
    while at is not None and file.lines.line_of(at.start_byte) == file.lines.line_of(block.start_byte):
        if at.type == "block":
            return True
        at = at.parent
    return False


def _communication(
    file: GoFile, found: Statement, element: str | None
) -> tuple[list[str], list[Edit], list[str]] | None:
    """Declarations before the select, edits inside the statement, lines of the case's body."""
    if found.form == DEFINE:
        declared = _declarations(file, found, element)
        operator = next(c for c in found.node.children if c.type == ":=")
        change = Edit(operator.start_byte, operator.end_byte, "=")
        return None if declared is None else (declared, [change], [])
    if found.form == VAR:
        declared = _declarations(file, found, _written_type(file, found) or element)
        names = ", ".join(file.text(name) for name in found.names)
        change = Edit(found.node.start_byte, found.receive.start_byte, f"{names} = ")
        return None if declared is None else (declared, [change], [])
    if found.form == RETURN:
        name = unused_name(file, found.function, ("v", "value", "received"))
        keyword = Edit(found.node.start_byte, found.receive.start_byte, f"{name} := ")
        return None if name is None else ([], [keyword], [f"\treturn {name}"])
    return [], [], []


def _written_type(file: GoFile, found: Statement) -> str | None:
    written = found.node.named_children[0].child_by_field_name("type")
    return file.text(written) if written is not None else None


def _declarations(file: GoFile, found: Statement, element: str | None) -> list[str] | None:
    # ``:=`` only assigns to what its block has already.
    known = scopes(file, found.node)[0] if found.form == DEFINE else {}
    types = (element, "bool")
    lines = []
    for name, type_ in zip((file.text(n) for n in found.names), types, strict=False):
        if name == "_" or name in known:
            continue
        if type_ is None:
            return None
        lines.append(f"var {name} {type_}")
    return lines


def unused_name(file: GoFile, function: Node, wanted: tuple[str, ...]) -> str | None:
    """The first of ``wanted`` that ``function`` does not use for anything."""
    used = {file.text(n) for n in walk(function) if n.type == "identifier"}
    return next((name for name in wanted if name not in used), None)


def _open_range(file: GoFile, found: Statement, way: Way, element: str | None) -> tuple[Edit, ...] | None:
    """The header becomes ``for {``, and the body begins with the select: the rest stays as it is."""
    body = found.node.child_by_field_name("body")
    more = unused_name(file, found.function, ("ok", "more", "open"))
    names = [file.text(n) for n in found.names]
    named = bool(names) and names[0] != "_"
    if more is None or len(names) > 1 or (named and element is None) or not _is_steady(file, found):
        return None
    start = body.start_byte + 1
    empty = not file.data[start : body.end_byte - 1].strip()
    if not begins_line(file, found.node.start_byte) or not (empty or ends_line(file, start)):
        return None
    indent, nl = indent_at(file, found.node.start_byte), newline_of(file)
    lines = [f"var {names[0]} {element}"] if named else []
    lines += [
        f"var {more} bool", "select {", f"case {names[0] if named else '_'}, {more} = <-{file.text(found.channel)}:",
        f"case {way.case}:", f"\t{way.leave}", "}", f"if !{more} {{", "\tbreak", "}",
    ]  # fmt: skip
    text = "".join(f"{nl}{indent}\t{line}" for line in lines)
    header = Edit(found.node.start_byte, start, "for {")
    if empty:
        return (Edit(header.start, body.end_byte, f"for {{{text}{nl}{indent}}}"),)
    end = line_end(file, start)
    return joined([header, Edit(end, end, text)])


def _is_steady(file: GoFile, found: Statement) -> bool:
    """Whether the channel may be evaluated anew every time: a name or field that the body leaves alone."""
    if found.channel is None or any(
        n.type not in ("identifier", "selector_expression", "field_identifier") for n in walk(found.channel)
    ):
        return False
    channel = file.text(found.channel)
    for node in walk(found.node.child_by_field_name("body")):
        if node.type in ("assignment_statement", "short_var_declaration"):
            left = node.child_by_field_name("left")
            if any(channel == (t := file.text(n)) or channel.startswith(t + ".") for n in left.named_children):
                return False
    return True


def joined(edits: list[Edit]) -> tuple[Edit, ...]:
    """Neighbouring edits as one, so that no two of them touch."""
    out: list[Edit] = []
    for edit in edits:
        if out and out[-1].end == edit.start:
            last = out.pop()
            edit = Edit(last.start, edit.end, last.text + edit.text)
        out.append(edit)
    return tuple(e for e in out if e.text or e.end > e.start)

