"""Edits that add or take away whole statements, on lines of their own, as gofmt would have them."""

from __future__ import annotations

from goleak_lsp.fixes.wrapping import begins_line, ends_line, in_one_line, indent_at, line_end, newline_of
from goleak_lsp.golang.package import statements_of
from goleak_lsp.golang.syntax import GoFile, Node
from goleak_lsp.text import Edit


def after(file: GoFile, statement: Node, *lines: str) -> Edit | None:
    """``lines`` behind a statement that ends its line."""
    if not ends_line(file, statement.end_byte):
        return None
    at = line_end(file, statement.end_byte)
    separator = newline_of(file) + indent_at(file, statement.start_byte)
    return Edit(at, at, "".join(separator + line for line in lines))


def before(file: GoFile, statement: Node, *lines: str) -> Edit | None:
    """``lines`` in front of a statement that begins its line."""
    at = statement.start_byte
    if not begins_line(file, at):
        return None
    separator = newline_of(file) + indent_at(file, at)
    return Edit(at, at, "".join(line + separator for line in lines))


def first(file: GoFile, function: Node, *lines: str) -> Edit | None:
    """``lines`` at the beginning of a function's body; a body of one line is opened."""
    body = function.child_by_field_name("body")
    start, indent, nl = body.start_byte + 1, indent_at(file, body.start_byte), newline_of(file)
    text = "".join(f"{nl}{indent}\t{line}" for line in lines)
    if ends_line(file, start):
        at = line_end(file, start)
        return Edit(at, at, text)
    inner = file.data[start : body.end_byte - 1].decode("utf-8", "replace").strip()
    statements = statements_of(body)
    if "\n" in inner or len(statements) > 1 or in_one_line(file, body):
        return None
    rest = f"{nl}{indent}\t{inner}" if inner else ""
    return Edit(start, body.end_byte - 1, f"{text}{rest}{nl}{indent}")


def comment_behind(file: GoFile, statement: Node) -> str:
    """The comment that ends the statement's line, with a blank before it; empty where there is none."""
    text = file.data[statement.end_byte : line_end(file, statement.end_byte)].decode("utf-8", "replace").strip()
    return f" {text}" if text else ""


def removed(file: GoFile, statement: Node, last: Node | None = None, *, comment: bool = False) -> Edit | None:
    """The statement's lines taken away, to those of the ``last``, and a blank line that would be one too many.

    None where a comment would go with them, unless the caller keeps the ``comment`` elsewhere.
    """
    last = last or statement
    if not (begins_line(file, statement.start_byte) and ends_line(file, last.end_byte)):
        return None
    end = line_end(file, last.end_byte)
    if not comment and (file.data[last.end_byte : end].strip() or b"//" in file.data[statement.end_byte : end]):
        return None
    first_line, last_line = file.lines.line_of(statement.start_byte), file.lines.line_of(last.end_byte)
    above, below = file.lines.text(first_line - 1).strip(), file.lines.text(last_line + 1).strip()
    if not above and (not below or below.startswith("}")):
        first_line -= 1
    elif above.endswith("{") and not below:
        last_line += 1
    return Edit(file.lines.offset(first_line), file.lines.offset(last_line + 1), "")
