"""The commands of ``workspace/executeCommand``."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from goleak_lsp.errors import GoleakError, RequestError
from goleak_lsp.features import flame
from goleak_lsp.features import hover as hover_page
from goleak_lsp.features.report import report
from goleak_lsp.features.rules import rule_for
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.locate import Locator
from goleak_lsp.profile.model import Profile
from goleak_lsp.server import convert
from goleak_lsp.server.core import Server
from goleak_lsp.server.feeds import Feed
from goleak_lsp.server.handlers import apply_settings
from goleak_lsp.text import printable

DEADLINE = 9.5
REQUEST_FAILED = -32803


def register(server: Server) -> None:
    """Registers every command under its name in the contract."""
    for name, command in _TABLE.items():
        server.command(name)(_bind(command, server))


def _bind(command, server: Server):
    async def bound(*arguments):
        try:
            with server.protocol.command_running():
                return await asyncio.wait_for(command(server, *arguments), DEADLINE)
        except TypeError:
            raise JsonRpcInvalidParams("the arguments of this command are others") from None
        except TimeoutError:
            raise JsonRpcException("no answer in time", REQUEST_FAILED) from None
        except GoleakError as error:
            raise JsonRpcException(str(error), REQUEST_FAILED) from None

    return bound


async def refresh(server: Server) -> None:
    server.verifier.written()
    await server.poller.refresh()


async def attach(server: Server, spec: str) -> None:
    """Reads a source now and polls it from now on; answers once the results are published."""
    path = convert.path_of(spec) if spec.startswith("file:") else None
    await server.poller.attach(str(path or spec))


async def detach(server: Server, spec: str | None = None) -> None:
    await server.poller.detach(spec)


async def pause(server: Server) -> bool:
    server.session.paused = not server.session.paused
    server.poller.schedule()
    return server.session.paused


async def toggle_counts(server: Server) -> str:
    session = server.session
    scope = "findings" if session.settings.codeLens.scope == "all" else "all"
    session.settings = session.settings._replace(codeLens=session.settings.codeLens._replace(scope=scope))
    server.publisher.all()
    return scope


async def set_baseline(server: Server, spec: str | None = None) -> None:
    await server.session.set_baseline(spec)
    await server.show()


async def clear_baseline(server: Server) -> None:
    server.session.base = []
    await server.show()


async def show_stacks(server: Server, uri: str, line: int) -> str:
    """The hover page of a line; clients show it as they like."""
    session, path = server.session, convert.path_of(uri)
    here = session.marked_on(path, line, line) if path else []
    return hover_page.hover([mark.finding for mark in here], session.locator.file)


async def show_flame_graph(server: Server) -> str:
    """Writes the call tree of what the sources hold now to a page, has the client show it, and answers its URI."""
    session = server.session
    names = [feed.name for feed in session.feeds.values() if feed.newest()]
    shots = [shot for feed in session.feeds.values() for shot in feed.newest()]
    profiles = [profile for _, profile in shots if not profile.proves] or [profile for _, profile in shots]
    if not profiles:
        raise RequestError("no source has been read")
    uri = await session.in_worker(_flame_graph, profiles, [p for _, p in session.base], names, session.tree)
    window = server.client_capabilities.window
    if window and window.show_document and window.show_document.support:
        server.window_show_document(lsp.ShowDocumentParams(uri=uri, external=True))
    return uri


def _flame_graph(profiles: list[Profile], base: list[Profile], names: list[str], tree: SourceTree) -> str:
    root = flame.tree_of(profiles, base, Locator([*profiles, *base], tree))
    # Only the user may read it; a browser loads it later, so that it stays.
    path = Path(tempfile.mkdtemp(prefix="goleak-"), "goroutines.html")
    path.write_text(flame.page(root, [os.path.basename(name) for name in names], bool(base)), "utf-8")
    return convert.uri_of(path)


async def ignore(server: Server, finding_id: str) -> dict:
    """Writes a rule for a finding into the workspace's settings; answers with it once it holds."""
    session = server.session
    finding = next((f for f in session.survey.findings if f.id == finding_id), None)
    if finding is None:
        raise RequestError(f"no finding has the id {printable(str(finding_id), 60)}")
    rule = rule_for(finding, session.tree)
    server.configuration.ignore(rule)
    await apply_settings(server)
    return rule


async def top(server: Server) -> dict:
    session = server.session
    sources = [shot for feed in session.feeds.values() for shot in feed.newest()]
    problems = [(key, text) for key, feed in session.feeds.items() for text in _troubles(feed)]
    return await session.in_worker(report, sources, session.survey.findings, problems, session.tree)


def _troubles(feed: Feed) -> list[str]:
    return [*([] if feed.state == "ok" else [feed.state]), *feed.problems]


async def status(server: Server) -> dict:
    return server.session.status() | {"verifying": server.verifier.verifying}


_TABLE = {
    "goleak.refresh": refresh,
    "goleak.attach": attach,
    "goleak.load": attach,
    "goleak.detach": detach,
    "goleak.pause": pause,
    "goleak.toggleCounts": toggle_counts,
    "goleak.setBaseline": set_baseline,
    "goleak.clearBaseline": clear_baseline,
    "goleak.showStacks": show_stacks,
    "goleak.showFlameGraph": show_flame_graph,
    "goleak.ignore": ignore,
    "goleak.top": top,
    "goleak.status": status,
}
