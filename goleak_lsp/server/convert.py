"""Plain values to protocol values and back; the only file that counts in UTF-16.

Every client can UTF-16, gopls uses it, and two servers with different encodings confuse
editors, so nothing else is ever agreed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import cache
from json.encoder import encode_basestring_ascii
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lsprotocol import types as lsp
from pygls.protocol import default_converter

from goleak_lsp.features.values import Action, Diagnostic, Hint, Lens, Severity, Testing
from goleak_lsp.frozen import Frozen
from goleak_lsp.text import Edit, LineIndex

_SEVERITY = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error.value,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning.value,
    Severity.INFORMATION: lsp.DiagnosticSeverity.Information.value,
    Severity.HINT: lsp.DiagnosticSeverity.Hint.value,
}
_quoted = encode_basestring_ascii


def offset(lines: LineIndex, position: lsp.Position) -> int:
    """The byte offset of a position; positions beyond a line or the text are clamped."""
    if position.line >= len(lines.starts):
        return len(lines.data)
    begin = lines.starts[position.line]
    end = lines.starts[position.line + 1] - 1 if position.line + 1 < len(lines.starts) else len(lines.data)
    row = lines.data[begin:end]
    if row.isascii():
        return begin + min(position.character, len(row))
    units = row.decode("utf-8", "replace").encode("utf-16-le")
    return begin + len(units[: position.character * 2].decode("utf-16-le", "ignore").encode())


def position(lines: LineIndex, at: int) -> lsp.Position:
    """The position of a byte offset."""
    return lsp.Position(*_position(lines, at))


def _position(lines: LineIndex, at: int) -> tuple[int, int]:
    line = lines.line_of(at)
    head = lines.data[lines.starts[line - 1] : at]
    if head.isascii():
        return line - 1, len(head)
    return line - 1, len(head.decode("utf-8", "replace").encode("utf-16-le")) // 2


def span(lines: LineIndex, start: int, end: int) -> lsp.Range:
    """The range of a byte span."""
    return lsp.Range(position(lines, start), position(lines, end))


def encoded_span(lines: LineIndex, start: int, end: int) -> str:
    """The range of a byte span as JSON."""
    (line, character), (last, after) = _position(lines, start), _position(lines, end)
    begin = f'{{"line": {line}, "character": {character}}}'
    return f'{{"start": {begin}, "end": {{"line": {last}, "character": {after}}}}}'


def path_of(uri: str) -> Path | None:
    """The file that a URI names, or None for other schemes."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    path = unquote(parts.path)
    if os.name == "nt" and len(path) > 2 and path[0] == "/" and path[2] == ":":
        path = path[1:]
    return Path(os.path.realpath(path))


def uri_of(path: Path) -> str:
    """The URI of an absolute path."""
    return path.as_uri()


class Encoded(Frozen):
    """A result, or the parameters of a notification, as the JSON that is sent.

    What is sent in hundreds at a time is written as such: objects of the protocol in between cost
    more than all else that is done for it.
    """

    json: str


@cache
def converter():
    """pygls' converter."""
    return default_converter()


def diagnostic(value: Diagnostic, where: str, related: str = "") -> str:
    """A diagnostic as JSON; ``where`` is a range in JSON, ``related`` a list of ``related``."""
    more = f', "relatedInformation": {related}' if related else ""
    return (
        f'{{"range": {where}, "severity": {_SEVERITY[value.severity]}, "source": "goleak", '
        f'"code": {_quoted(value.code)}, "message": {_quoted(value.message)}, '
        f'"data": {{"id": {_quoted(value.id)}, "placed": {_quoted(value.placed)}}}{more}}}'
    )


def related(uri: str, lines: LineIndex, start: int, end: int, text: str) -> str:
    """A place that has to do with a diagnostic, as JSON."""
    # A loop or a function literal is shown by its first line.
    end = min(end, lines.end(lines.line_of(start)))
    where = encoded_span(lines, start, max(start, end))
    return f'{{"location": {{"uri": {_quoted(uri)}, "range": {where}}}, "message": {_quoted(text)}}}'


def published(uri: str, version: int | None, diagnostics: Iterable[str]) -> Encoded:
    """The parameters that publish ``diagnostics``, each as JSON."""
    told = "" if version is None else f', "version": {version}'
    return Encoded(f'{{"uri": {_quoted(uri)}{told}, "diagnostics": [{", ".join(diagnostics)}]}}')


def received(diagnostic: str) -> lsp.Diagnostic:
    """The diagnostic that was sent as ``diagnostic``."""
    return converter().structure(json.loads(diagnostic), lsp.Diagnostic)


def code_lenses(values: Iterable[Lens], lines: LineIndex, uri: str) -> Encoded:
    """All lenses of a document."""
    name = _quoted(uri)
    return Encoded(f"[{', '.join(_lens(value.title, lines.line_of(value.at) - 1, name) for value in values)}]")


def _lens(title: str, line: int, uri: str) -> str:
    at = f'{{"line": {line}, "character": 0}}'
    command = f'{{"title": {_quoted(title)}, "command": "goleak.showStacks", "arguments": [{uri}, {line}]}}'
    return f'{{"range": {{"start": {at}, "end": {at}}}, "command": {command}}}'


def hint(value: Hint, lines: LineIndex) -> lsp.InlayHint:
    end = lines.end(lines.line_of(value.at))
    return lsp.InlayHint(position=position(lines, end), label=value.label, padding_left=True, tooltip=value.tooltip)


def text_edits(edits: tuple[Edit, ...], lines: LineIndex) -> list[lsp.TextEdit]:
    return [lsp.TextEdit(span(lines, e.start, e.end), e.text) for e in edits]


Text = tuple[LineIndex, str, int | None]
"""A file's lines, its URI and its version; None for one that is not open."""


def action(
    value: Action, texts: dict[Path, Text], diagnostics: list[lsp.Diagnostic], kind: str = lsp.CodeActionKind.QuickFix
) -> lsp.CodeAction:
    """The action; ``texts`` holds every file that it changes."""
    changes = []
    for path, edits in value.changes:
        lines, uri, version = texts[path]
        document = lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
        changes.append(lsp.TextDocumentEdit(text_document=document, edits=text_edits(edits, lines)))
    return lsp.CodeAction(
        title=value.title,
        kind=kind,
        diagnostics=diagnostics or None,
        is_preferred=True if value.preferred else None,
        edit=lsp.WorkspaceEdit(document_changes=changes),
    )


def new_file(value: Testing) -> lsp.CodeAction:
    """The action that creates a file with its text; it fails where there is one by then."""
    uri, ((edit,),) = uri_of(value.created), [edits for _, edits in value.changes]
    start = lsp.Position(0, 0)
    document = lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=None)
    text = lsp.TextDocumentEdit(document, [lsp.TextEdit(lsp.Range(start, start), edit.text)])
    return lsp.CodeAction(
        title=value.title,
        kind=value.kind,
        edit=lsp.WorkspaceEdit(document_changes=[lsp.CreateFile(uri=uri), text]),
    )
