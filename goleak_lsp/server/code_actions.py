"""What can be done about the findings at a place: quick fixes, all preferred ones of a file at once, commands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types as lsp

from goleak_lsp.analysis.ignoring import user_frame
from goleak_lsp.features.marked import actions
from goleak_lsp.features.values import LEAK_TEST, MAKE_TESTABLE, Action
from goleak_lsp.features.words import title
from goleak_lsp.fixes.model import Change
from goleak_lsp.server import convert
from goleak_lsp.server.core import Server
from goleak_lsp.server.documents import Document
from goleak_lsp.settings import FILE_NAME
from goleak_lsp.text import printable

FIX_ALL = "source.fixAll.goleak"
IGNORE, STACKS = "goleak.ignore", "goleak.showStacks"
"""Kinds of actions that are a command of the same name."""
KINDS = (lsp.CodeActionKind.QuickFix, FIX_ALL, LEAK_TEST, MAKE_TESTABLE, IGNORE, STACKS)


def code_action(server: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """The actions of the kinds that are asked for, at a range of an open document."""
    document, only = server.session.document(params.text_document.uri), params.context.only
    if document is None:
        return []
    found = []
    if _wanted(only, lsp.CodeActionKind.QuickFix):
        found += _quick_fixes(server, document, params.range)
    found += _testing(server, document, params.range, only)
    found += _commands(server, document, params.range, only)
    # On save, editors ask all servers for `source.fixAll`: nobody has looked at the edits then.
    if only is not None and FIX_ALL in [getattr(kind, "value", kind) for kind in only]:
        found += _fix_all(server, document)
    return found


def _quick_fixes(server: Server, document: Document, span: lsp.Range) -> list[lsp.CodeAction]:
    here = server.session.marked_on(document.path, span.start.line, span.end.line)
    if not here:
        return []
    told = server.publisher.told.get(document.path, {})
    offers = lambda mark: server.verifier.offers(document.path, document.file, mark)  # noqa: E731  (one argument less)
    values = actions(here, offers, server.verifier.judge(document.path))
    marks = {mark.finding.id: mark for mark in here}
    made = (([marks[value.id]], dict(value.changes).get(document.path, ())) for value in values)
    server.session.aftermath.offered(document, made)
    return [
        convert.action(
            value, texts(server, value.changes), [convert.received(told[value.id])] if value.id in told else []
        )
        for value in values
    ]


def _testing(server: Server, document: Document, span: lsp.Range, only) -> list[lsp.CodeAction]:
    """Leak tests, and changes that make goroutines testable, of what is known to build."""
    found: dict[str, lsp.CodeAction] = {}
    for value in server.verifier.testing_on(document, span.start.line, span.end.line):
        if not _wanted(only, value.kind):
            continue
        if value.refused:
            # Editors show a reason to whoever asks for this very kind.
            if _shows_reasons(server, only, value.kind):
                reason = lsp.CodeActionDisabled(reason=value.refused)
                found[value.title] = lsp.CodeAction(title=value.title, kind=value.kind, disabled=reason)
        elif value.created and not _creates_files(server):
            continue
        elif value.created is None:
            action = Action(value.id, value.title, value.changes, False)
            found[value.title] = convert.action(action, texts(server, value.changes), [], value.kind)
        elif not value.created.exists():
            found[value.title] = convert.new_file(value)
    return list(found.values())


def _shows_reasons(server: Server, only, kind: str) -> bool:
    document = server.client_capabilities.text_document
    supported = document and document.code_action and document.code_action.disabled_support
    return bool(supported and only is not None and kind in [getattr(o, "value", o) for o in only])


def _creates_files(server: Server) -> bool:
    workspace = server.client_capabilities.workspace
    edits = workspace.workspace_edit if workspace else None
    return bool(edits and lsp.ResourceOperationKind.Create in (edits.resource_operations or ()))


def _commands(server: Server, document: Document, span: lsp.Range, only) -> list[lsp.CodeAction]:
    """What else can be done about the findings at a range, for editors without lenses too."""
    here = server.session.marked_on(document.path, span.start.line, span.end.line)
    if not here:
        return []
    line = document.lines.line_of(here[0].start) - 1
    found = [_command(f"Show the stacks of {title(here[0].finding)}", STACKS, [document.uri, line])]
    for name, mark in {user_frame(mark.finding).function: mark for mark in reversed(here)}.items():
        words = f"Ignore what is blocked in {printable(name, 200)} (a rule in {FILE_NAME})"
        found.append(_command(words, IGNORE, [mark.finding.id]))
    return [action for action in found if _wanted(only, action.kind)]


def _command(words: str, name: str, arguments: list) -> lsp.CodeAction:
    return lsp.CodeAction(title=words, kind=name, command=lsp.Command(words, name, arguments=arguments))


def _fix_all(server: Server, document: Document) -> list[lsp.CodeAction]:
    """One action with every preferred fix of the file; none while they are not verified."""
    together = server.verifier.together(document.path)
    if not together.changes:
        return []
    answered = [mark for mark in server.session.marked(document.path) if mark.finding.id in together.answered]
    server.session.aftermath.offered(document, [(answered, dict(together.changes).get(document.path, ()))])
    words = f"Fix all leaks whose fix is safe ({len(together.answered)})"
    action = Action("", words, together.changes, False)
    return [convert.action(action, texts(server, together.changes), [], FIX_ALL)]


def texts(server: Server, changes: Sequence[Change]) -> dict[Path, convert.Text]:
    """What edits speak of: open documents as they are, other files as they are on disk."""
    found = {}
    for path, _ in changes:
        document = server.session.documents.get(path)
        if document is not None:
            found[path] = (document.lines, document.uri, document.version)
        else:
            found[path] = (server.session.lines(path), convert.uri_of(path), None)
    return found


def _wanted(only, kind: str) -> bool:
    """Whether a client that asks for ``only`` these kinds wants ``kind``."""
    return only is None or any(kind == o or kind.startswith(f"{getattr(o, 'value', o)}.") or o == "" for o in only)
