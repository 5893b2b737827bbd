"""Plain values to protocol values and back; the only file that counts in UTF-16.

Every client can UTF-16, gopls uses it, and two servers with different encodings confuse
editors, so nothing else is ever agreed.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lsprotocol import types as lsp
from pygls.protocol import default_converter

from goleak_lsp.features.values import Action, Diagnostic, Hint, Lens, Severity, Testing
from goleak_lsp.text import Edit, LineIndex

_SEVERITY = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFORMATION: lsp.DiagnosticSeverity.Information,
    Severity.HINT: lsp.DiagnosticSeverity.Hint,
}


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
    line = lines.line_of(at)
    head = lines.data[lines.starts[line - 1] : at]
    if head.isascii():
        return lsp.Position(line - 1, len(head))
    return lsp.Position(line - 1, len(head.decode("utf-8", "replace").encode("utf-16-le")) // 2)


def span(lines: LineIndex, start: int, end: int) -> lsp.Range:
    """The range of a byte span."""
    return lsp.Range(position(lines, start), position(lines, end))


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


def converter():
    """pygls' converter, with short ways for what is sent in hundreds at a time."""
    found = default_converter()

    def plain(value: lsp.Range) -> dict:
        start, end = value.start, value.end
        return {
            "start": {"line": start.line, "character": start.character},
            "end": {"line": end.line, "character": end.character},
        }

    def diagnostic(value: lsp.Diagnostic) -> dict:
        # The fields that `diagnostic` below fills.
        message = {
            "range": plain(value.range), "message": value.message, "severity": value.severity.value,
            "code": value.code, "source": value.source, "data": value.data,
        }  # fmt: skip
        if value.related_information:
            message["relatedInformation"] = [
                {"location": {"uri": r.location.uri, "range": plain(r.location.range)}, "message": r.message}
                for r in value.related_information
            ]
        return message

    found.register_unstructure_hook(lsp.Range, plain)
    found.register_unstructure_hook(lsp.Diagnostic, diagnostic)
    return found


def diagnostic(
    value: Diagnostic, where: lsp.Range, related: list[lsp.DiagnosticRelatedInformation] | None = None
) -> lsp.Diagnostic:
    return lsp.Diagnostic(
        range=where,
        message=value.message,
        severity=_SEVERITY[value.severity],
        code=value.code,
        source="goleak",
        related_information=related,
        data={"id": value.id, "placed": value.placed},
    )


def related(uri: str, lines: LineIndex, start: int, end: int, text: str) -> lsp.DiagnosticRelatedInformation:
    # A loop or a function literal is shown by its first line.
    end = min(end, lines.end(lines.line_of(start)))
    return lsp.DiagnosticRelatedInformation(lsp.Location(uri, span(lines, start, max(start, end))), text)


def lens(value: Lens, lines: LineIndex, uri: str) -> SentLens:
    return _lens(value.title, lines.line_of(value.at) - 1, uri)


class SentLens(lsp.CodeLens):
    """A lens that is made once and sent often, with the JSON that is sent."""

    __slots__ = ("json",)


@lru_cache(maxsize=1 << 12)
def _lens(title: str, line: int, uri: str) -> SentLens:
    # Editors ask for all of them after every keystroke, which changes few.
    place = lsp.Position(line, 0)
    command = lsp.Command(title=title, command="goleak.showStacks", arguments=[uri, line])
    found = SentLens(range=lsp.Range(place, place), command=command)
    at, told = {"line": line, "character": 0}, {"title": title, "command": command.command, "arguments": [uri, line]}
    found.json = json.dumps({"range": {"start": at, "end": at}, "command": told})
    return found


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
