"""The server object that handlers are given: pygls' server, our session, our way to end."""

from __future__ import annotations

import asyncio
import logging
import os

from pygls.lsp.server import LanguageServer

from goleak_lsp.server import convert, parent
from goleak_lsp.server.configuration import Configuration
from goleak_lsp.server.notices import Notices
from goleak_lsp.server.poller import Poller
from goleak_lsp.server.protocol import Protocol
from goleak_lsp.server.publish import Publisher
from goleak_lsp.server.session import Session
from goleak_lsp.server.verifier import Verifier
from goleak_lsp.server.watching import Watching
from goleak_lsp.version import __version__

SECONDS_TO_END = 1.0
"""How long the end waits for a go command that is ended too."""


class Server(LanguageServer):
    """pygls' server with our session, its sources and settings, and way to end."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("goleak-lsp", __version__, protocol_cls=Protocol, converter_factory=convert.converter)
        self.session = Session()
        self.configuration = Configuration()
        self.publisher = Publisher(self, self.session)
        self.notices = Notices(self)
        self.watching = Watching(self)
        self.poller = Poller(self.session, self.notices, self.show)
        self.verifier = Verifier(self.session, lambda: self.configuration.trusted, self.publisher.again)
        self.stopped: asyncio.Future[int] | None = None

    async def show(self) -> None:
        """Analyses what the sources hold, and shows it."""
        await self.session.analyse()
        self.verifier.look()
        self.publisher.all()
        drained, self.session.drained = self.session.drained, []
        for finding in drained:
            self.notices.drained(finding, self.session.tree)

    def stop(self, status: int) -> None:
        """Ends the main loop with an exit status; the first call counts."""
        self.verifier.end(SECONDS_TO_END)
        if self.stopped is not None and not self.stopped.done():
            self.stopped.set_result(status)

    def watch_parent(self, process: int | None) -> None:
        """Ends the server when the editor's process has gone."""
        if process and process != os.getpid():
            parent.watch(process, asyncio.get_running_loop(), lambda: self.stop(self.protocol.exit_status))

    def report_server_error(self, error, source) -> None:
        """Errors go to the log: a pop-up for each would be in the user's way."""
        logging.getLogger(__name__).error("%s", type(error).__name__)
