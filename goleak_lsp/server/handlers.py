"""One handler a protocol method. They answer from the session and never wait for a source."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types as lsp

from goleak_lsp.errors import GoleakError
from goleak_lsp.features import hover as hover_page
from goleak_lsp.features.marked import actions, hints, lenses
from goleak_lsp.features.values import Action
from goleak_lsp.server import convert
from goleak_lsp.server.core import Server
from goleak_lsp.server.documents import Document
from goleak_lsp.server.protocol import in_background
from goleak_lsp.settings import SECTION, parse


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
    session = server.session
    session.settings, problems = parse(_section(params.initialization_options))
    server.publisher.notes = problems
    folders = params.workspace_folders or []
    uri = folders[0].uri if folders else params.root_uri
    root = convert.path_of(uri) if uri else None
    session.open_workspace(root or Path(params.root_path or Path.cwd()))
    server.watch_parent(params.process_id)


def _section(options: object) -> object:
    """The section itself, or a table that holds it under its name."""
    if isinstance(options, dict) and set(options) == {SECTION}:
        return options[SECTION]
    return options


def initialized(server: Server, params: object) -> None:
    in_background(_start(server))


async def _start(server: Server) -> None:
    workspace = server.client_capabilities.workspace
    if workspace and workspace.configuration:
        await configure(server)
    await refresh(server)


async def configure(server: Server) -> None:
    """Asks the client for the section; an empty answer erases nothing."""
    items = [lsp.ConfigurationItem(section=SECTION)]
    answer = await server.workspace_configuration_async(lsp.ConfigurationParams(items=items))
    if answer and answer[0]:
        session = server.session
        session.settings, _ = parse(answer[0], session.settings)
        session.open_workspace(session.tree.root)


async def refresh(server: Server) -> None:
    """Reads every source of the settings again and shows what they hold."""
    session = server.session
    if session.settings.baseline:
        await _attempt(server, session.set_baseline(session.settings.baseline))
    for spec in [*session.settings.sources, *(s for s in session.snapshots if s not in session.settings.sources)]:
        spec = spec.get("url", "") if isinstance(spec, dict) else str(spec)
        await _attempt(server, session.load(spec))
        server.publisher.all()


async def _attempt(server: Server, work) -> None:
    try:
        await work
    except GoleakError as error:
        message = lsp.LogMessageParams(type=lsp.MessageType.Warning, message=f"goleak: {error}")
        server.window_log_message(message)


def did_change_configuration(server: Server, params: lsp.DidChangeConfigurationParams) -> None:
    async def apply() -> None:
        await configure(server)
        await refresh(server)

    workspace = server.client_capabilities.workspace
    if workspace and workspace.configuration:
        in_background(apply())


def did_open(server: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    path = convert.path_of(item.uri)
    if path is not None:
        server.session.documents[path] = Document(item.uri, path, item.version, item.text)
        server.publisher.edited(path)


def did_change(server: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    document = _document(server, params.text_document.uri)
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
    server.publisher.edited(document.path)


def did_save(server: Server, params: lsp.DidSaveTextDocumentParams) -> None:
    """The running program is still the old one: marks go on following from the text it was built of."""


def did_close(server: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    path = convert.path_of(params.text_document.uri)
    if path is not None and server.session.documents.pop(path, None):
        server.publisher.edited(path)


def _document(server: Server, uri: str) -> Document | None:
    path = convert.path_of(uri)
    return server.session.documents.get(path) if path else None


def code_lens(server: Server, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
    document = _document(server, params.text_document.uri)
    if document is None:
        return []
    session = server.session
    values = lenses(session.marked(document.path), document.lines, session.settings)
    return [convert.lens(v, document.lines, document.uri) for v in values]


def inlay_hint(server: Server, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    document = _document(server, params.text_document.uri)
    if document is None or not _wants_hints(server):
        return []
    session = server.session
    first, last = params.range.start.line, params.range.end.line
    values = hints(session.marked(document.path), session.settings)
    shown = [v for v in values if first <= document.lines.line_of(v.at) - 1 <= last]
    return [convert.hint(v, document.lines) for v in shown]


def _wants_hints(server: Server) -> bool:
    enabled = server.session.settings.inlayHints.enabled
    if enabled != "auto":
        return enabled == "on"
    document = server.client_capabilities.text_document
    return not (document and document.code_lens)


def hover(server: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    document = _document(server, params.text_document.uri)
    if document is None:
        return None
    here = _marked_on(server, document, params.position.line, params.position.line)
    if not here:
        return None
    page = hover_page.hover([mark.finding for mark in here], server.session.locate)
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, page))


def _marked_on(server: Server, document: Document, first: int, last: int):
    marks = server.session.marked(document.path)
    return [m for m in marks if first <= document.lines.line_of(m.start) - 1 <= last]


def code_action(server: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    document = _document(server, params.text_document.uri)
    if document is None or not _wanted(params.context.only, lsp.CodeActionKind.QuickFix):
        return []
    here = _marked_on(server, document, params.range.start.line, params.range.end.line)
    if not here:
        return []
    told = {d.data["id"]: d for d in server.publisher.told.get(document.path, [])}
    return [
        convert.action(value, _texts(server, value), [told[value.id]] if value.id in told else [])
        for value in actions(here, document.file, server.session.tree, server.session.current)
    ]


def _texts(server: Server, value: Action) -> dict[Path, convert.Text]:
    """What an action's edits speak of: open documents as they are, other files as they are on disk."""
    texts = {}
    for path, _ in value.changes:
        document = server.session.documents.get(path)
        if document is not None:
            texts[path] = (document.lines, document.uri, document.version)
        else:
            texts[path] = (server.session.lines(path), convert.uri_of(path), None)
    return texts


def _wanted(only, kind: str) -> bool:
    """Whether a client that asks for ``only`` these kinds wants ``kind``."""
    return only is None or any(kind == o or kind.startswith(f"{getattr(o, 'value', o)}.") or o == "" for o in only)


_TABLE = (
    (lsp.INITIALIZE, initialize, None),
    (lsp.INITIALIZED, initialized, None),
    (lsp.WORKSPACE_DID_CHANGE_CONFIGURATION, did_change_configuration, None),
    (lsp.TEXT_DOCUMENT_DID_OPEN, did_open, None),
    (lsp.TEXT_DOCUMENT_DID_CHANGE, did_change, None),
    (lsp.TEXT_DOCUMENT_DID_SAVE, did_save, None),
    (lsp.TEXT_DOCUMENT_DID_CLOSE, did_close, None),
    (lsp.TEXT_DOCUMENT_CODE_LENS, code_lens, lsp.CodeLensOptions(resolve_provider=False)),
    (lsp.TEXT_DOCUMENT_INLAY_HINT, inlay_hint, lsp.InlayHintOptions(resolve_provider=False)),
    (lsp.TEXT_DOCUMENT_HOVER, hover, None),
    (
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        code_action,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix], resolve_provider=False),
    ),
)
