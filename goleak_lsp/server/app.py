"""The language server: capabilities, one handler a method, and the loop that runs them."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from goleak_lsp.server import commands, handlers, parent
from goleak_lsp.server.protocol import Protocol
from goleak_lsp.server.publish import Publisher
from goleak_lsp.server.session import Session
from goleak_lsp.server.transport import BadMessage, Framing, Writer, local_address, read_stdin, stdout_writer
from goleak_lsp.version import __version__


class Server(LanguageServer):
    """pygls' server with our session, publisher and way to end."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("goleak-lsp", __version__, protocol_cls=Protocol)
        self.session = Session()
        self.publisher = Publisher(self)
        self.stopped: asyncio.Future[int] | None = None
        # Every client can UTF-16; two servers with different encodings confuse editors.
        self.encoding = lsp.PositionEncodingKind.Utf16

    def stop(self, status: int) -> None:
        """Ends the main loop with an exit status; the first call counts."""
        if self.stopped is not None and not self.stopped.done():
            self.stopped.set_result(status)

    def watch_parent(self, process: int | None) -> None:
        """Ends the server when the editor's process has gone."""
        if process and process != os.getpid():
            parent.watch(process, asyncio.get_running_loop(), lambda: self.stop(self.protocol.exit_status))

    def report_server_error(self, error, source) -> None:
        """Errors go to the log: a pop-up for each would be in the user's way."""
        logging.getLogger(__name__).error("%s", type(error).__name__)


def create() -> Server:
    """A server with all its handlers."""
    server = Server()
    handlers.register(server)
    commands.register(server)
    return server


def serve(tcp: str | None) -> int:
    """Serves one client until it leaves; returns the exit status."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="goleak-lsp: %(message)s")
    # pygls logs every message's body, and a traceback for every error that it answers.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    address = local_address(tcp) if tcp else None
    status = asyncio.run(_serve_tcp(*address) if address else _serve_stdio())
    sys.stderr.flush()
    # A worker that still waits for a slow source must not keep the process alive.
    os._exit(status)


async def _serve_stdio() -> int:
    server, loop = create(), asyncio.get_running_loop()
    server.stopped = loop.create_future()
    server.protocol.set_writer(stdout_writer())
    read_stdin(loop, _receiver(server))
    return await server.stopped


def _receiver(server: Server):
    framing = Framing()

    def receive(data: bytes) -> None:
        if not data:
            server.stop(server.protocol.exit_status)
            return
        try:
            bodies = framing.feed(data)
        except BadMessage as error:
            logging.error("the client does not speak the protocol: %s", error)
            server.stop(1)
            return
        for body in bodies:
            server.protocol.receive(body)

    return receive


async def _serve_tcp(host: str, port: int) -> int:
    """Listens until one client that speaks the protocol has come and gone."""
    loop = asyncio.get_running_loop()
    stopped = loop.create_future()
    taken = False

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        if taken:
            writer.close()
            return
        taken = True
        server = create()
        server.stopped = loop.create_future()
        server.protocol.set_writer(Writer(writer.write))
        if await _converse(server, reader):
            stopped.set_result(await server.stopped)
        taken = False
        writer.close()

    listener = await asyncio.start_server(client, host, port)
    print(f"listening on {host}:{listener.sockets[0].getsockname()[1]}", file=sys.stderr, flush=True)
    async with listener:
        return await stopped


async def _converse(server: Server, reader: asyncio.StreamReader) -> bool:
    """Hands on what a client sends; False when it was no client of the protocol."""
    receive, spoke = _receiver(server), False
    while not server.stopped.done():
        data_task = asyncio.ensure_future(reader.read(1 << 16))
        await asyncio.wait((data_task, server.stopped), return_when=asyncio.FIRST_COMPLETED)
        if not data_task.done():
            data_task.cancel()
            break
        receive(data_task.result())
        spoke |= server.protocol.initialized
    return spoke
