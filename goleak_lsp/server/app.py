"""The language server: capabilities, one handler a method, and the loop that runs them."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from goleak_lsp.server import commands, handlers
from goleak_lsp.server.core import Server
from goleak_lsp.server.transport import BadMessage, Framing, Writer, local_address, read_stdin, stdout_writer


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
