"""One handler a protocol method. They answer from the session and never wait for a source."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from lsprotocol import types as lsp

from goleak_lsp.errors import GoleakError
from goleak_lsp.features import hover as hover_page
from goleak_lsp.features.marked import hints, lenses
from goleak_lsp.server import code_actions, convert, trust
from goleak_lsp.server.core import Server
from goleak_lsp.server.documents import Document, text_on_disk
from goleak_lsp.server.protocol import in_background
from goleak_lsp.settings import FILE_NAME, SECTION
from goleak_lsp.text import printable


def register(server: Server) -> None:
    """Registers every handler; the options are what the client is told of them."""
    for method, handler, options in _TABLE:
        bound = _bind(handler, server)
        server.feature(method, options)(bound)


def _bind(handler, server: Server):
    def bound(params=None):
        return handler(server, params)

    bound.__name__ = handler.__name__
    return bound


def initialize(server: Server, params: lsp.InitializeParams) -> None:
    folders = params.workspace_folders or []
    uri = folders[0].uri if folders else params.root_uri
    root = (convert.path_of(uri) if uri else None) or Path(params.root_path or Path.cwd())
    server.configuration.open(Path(os.path.realpath(root)), params.initialization_options)
    server.session.settings = server.configuration.settings()
    others = [path for folder in folders[1:] if (path := convert.path_of(folder.uri))]
    server.session.open_workspace(root, others)
    server.watch_parent(params.process_id)


def initialized(server: Server, params: object) -> None:
    in_background(_start(server))


async def _start(server: Server) -> None:
    if _answers_configuration(server):
        await _ask_configuration(server)
    await apply_settings(server)
    await _ask_agreement(server)


def _answers_configuration(server: Server) -> bool:
    workspace = server.client_capabilities.workspace
    return bool(workspace and workspace.configuration)


async def _ask_configuration(server: Server) -> None:
    items = [lsp.ConfigurationItem(section=SECTION)]
    answer = await server.workspace_configuration_async(lsp.ConfigurationParams(items=items))
    server.configuration.update(answer[0] if answer else None)


async def _ask_agreement(server: Server) -> None:
    """Asks whether the workspace may name network sources, if it does; all answers but ``Allow`` refuse."""
    entries = server.configuration.undecided()
    if not entries:
        return
    text = f"This workspace's {FILE_NAME} asks to read goroutine profiles from {trust.shown(entries)}."
    actions = [lsp.MessageActionItem(title=title) for title in ("Allow", "Refuse")]
    question = lsp.ShowMessageRequestParams(type=lsp.MessageType.Info, message=printable(text), actions=actions)
    answer = await server.window_show_message_request_async(question)
    if answer is not None and answer.title == "Allow":
        server.configuration.agree()
        await apply_settings(server)


async def apply_settings(server: Server) -> None:
    """Makes the session what the settings say now, and reads the sources that are new."""
    session, before = server.session, server.session.settings
    settings = session.settings = server.configuration.settings()
    for problem in server.configuration.problems:
        server.notices.log(f"goleak: {problem}", lsp.MessageType.Warning)
    if settings.pathMap != before.pathMap:
        session.open_workspace(session.tree.root, session.tree.roots[1:])
    if settings.baseline:
        await _attempt(server, session.set_baseline(settings.baseline))
    known = set(session.feeds)
    server.poller.follow_settings()
    await asyncio.gather(*(server.poller.ask(feed) for key, feed in list(session.feeds.items()) if key not in known))
    await server.show()
    await server.watching.watch(session.tree.root, [feed.spec for feed in session.feeds.values()])


async def _attempt(server: Server, work) -> None:
    try:
        await work
    except GoleakError as error:
        server.notices.show(f"goleak: {error}")


def did_change_configuration(server: Server, params: lsp.DidChangeConfigurationParams) -> None:
    async def apply() -> None:
        if _answers_configuration(server):
            await _ask_configuration(server)
        else:
            server.configuration.update(params.settings)
        await apply_settings(server)

    in_background(apply())


def did_change_watched_files(server: Server, params: lsp.DidChangeWatchedFilesParams) -> None:
    async def read_again() -> None:
        if any(change.uri.endswith(f"/{FILE_NAME}") for change in params.changes):
            server.configuration.read()
            await apply_settings(server)
            await _ask_agreement(server)
        await server.poller.look_at_files()

    in_background(read_again())


def did_open(server: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    path = convert.path_of(item.uri)
    if path is not None:
        # Findings of a closed file stand on the text on disk, and an editor may open another.
        on_disk = text_on_disk(path)
        server.session.documents[path] = Document(item.uri, path, item.version, item.text, on_disk)
        server.publisher.edited(path)
        server.verifier.look()


def did_change(server: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    document = server.session.document(params.text_document.uri)
    if document is None:
        return
    for change in params.content_changes:
        if isinstance(change, lsp.TextDocumentContentChangePartial):
            start = convert.offset(document.lines, change.range.start)
            end = convert.offset(document.lines, change.range.end)
            document.change(start, max(start, end), change.text)
        else:
            document.change(0, len(document.data), change.text)
    document.version = params.text_document.version
    server.session.aftermath.edited(document)
    server.publisher.edited(document.path)
    server.verifier.edited(document.path)


def did_save(server: Server, params: lsp.DidSaveTextDocumentParams) -> None:
    if document := server.session.document(params.text_document.uri):
        document.saved()
        server.verifier.written()


def did_close(server: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    document = server.session.document(params.text_document.uri)
    if document is None:
        return
    del server.session.documents[document.path]
    if document.placed.data == document.data:
        server.publisher.edited(document.path)
        server.verifier.look()
    else:
        # Findings stand on a text that is not what is on disk now.
        in_background(server.show())


def code_lens(server: Server, params: lsp.CodeLensParams) -> list[lsp.CodeLens] | convert.Encoded:
    document = server.session.document(params.text_document.uri)
    if document is None:
        return []
    session = server.session
    marked, counted = session.marked(document.path), session.counted(document.path)
    values = lenses(marked, counted, document.lines, session.settings)
    return convert.code_lenses(values, document.lines, document.uri)


def inlay_hint(server: Server, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    document = server.session.document(params.text_document.uri)
    if document is None or not _wants_hints(server):
        return []
    session = server.session
    first, last = params.range.start.line, params.range.end.line
    values = hints(session.marked(document.path), session.counted(document.path), session.settings)
    shown = [v for v in values if first <= document.lines.line_of(v.at) - 1 <= last]
    return [convert.hint(v, document.lines) for v in shown]


def _wants_hints(server: Server) -> bool:
    enabled = server.session.settings.inlayHints.enabled
    if enabled != "auto":
        return enabled == "on"
    document = server.client_capabilities.text_document
    return not (document and document.code_lens)


def hover(server: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    document = server.session.document(params.text_document.uri)
    if document is None:
        return None
    line = params.position.line
    here = server.session.marked_on(document.path, line, line)
    page = hover_page.hover([mark.finding for mark in here], server.session.locator.file)
    counts = [c for c in server.session.counted(document.path) if document.lines.line_of(c.start) - 1 == line]
    notes = [hover_page.escape(note) for note in server.verifier.notes(document, here)]
    page = "\n\n".join([page, *notes, *(f"**{c.title}**" for c in counts)]).strip()
    if not page:
        return None
    if _shows_markdown(server):
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, page))
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.PlainText, hover_page.plain(page)))


def _shows_markdown(server: Server) -> bool:
    document = server.client_capabilities.text_document
    formats = document.hover.content_format if document and document.hover else None
    return formats is None or lsp.MarkupKind.Markdown in formats


_TABLE = (
    (lsp.INITIALIZE, initialize, None),
    (lsp.INITIALIZED, initialized, None),
    (lsp.WORKSPACE_DID_CHANGE_CONFIGURATION, did_change_configuration, None),
    (lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, did_change_watched_files, None),
    (lsp.TEXT_DOCUMENT_DID_OPEN, did_open, None),
    (lsp.TEXT_DOCUMENT_DID_CHANGE, did_change, None),
    (lsp.TEXT_DOCUMENT_DID_SAVE, did_save, None),
    (lsp.TEXT_DOCUMENT_DID_CLOSE, did_close, None),
    (lsp.TEXT_DOCUMENT_CODE_LENS, code_lens, lsp.CodeLensOptions(resolve_provider=False)),
    (lsp.TEXT_DOCUMENT_INLAY_HINT, inlay_hint, lsp.InlayHintOptions(resolve_provider=False)),
    (lsp.TEXT_DOCUMENT_HOVER, hover, None),
    (
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        code_actions.code_action,
        lsp.CodeActionOptions(code_action_kinds=list(code_actions.KINDS), resolve_provider=False),
    ),
)
