"""What pygls leaves open: the order of requests, cancelled answers, and documents of our own.

pygls keeps a copy of every document and splits it into lines at every access; ours replaces it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lsprotocol import types as lsp
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from goleak_lsp.server.convert import Encoded

NOT_INITIALIZED = -32002
INVALID_REQUEST = -32600
PARSE_ERROR = -32700

log = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    """The language server protocol as this server speaks it."""

    initialized = False

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self._commands: dict[Any, asyncio.Task] = {}

    @contextmanager
    def command_running(self) -> Iterator[None]:
        """Around the work of a command, which is then cancelled with its request."""
        number = self.msg_id
        self._commands[number] = asyncio.current_task()
        try:
            yield
        finally:
            del self._commands[number]

    def receive(self, body: bytes) -> None:
        """Handles one message; whatever is wrong with it is answered or logged, never raised."""
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            self._refuse(None, PARSE_ERROR, "the message is not JSON")
            return
        if not isinstance(raw, dict) or "jsonrpc" not in raw:
            self._refuse(None, INVALID_REQUEST, "the message is not JSON-RPC")
            return
        if not self._in_order(raw):
            return
        try:
            message = self.structure_message(raw)
        except Exception as error:  # The request boundary: the converter raises what it likes.
            log.warning("a message of the client could not be read: %s", type(error).__name__)
            if "id" in raw and "method" in raw:
                self._refuse(raw["id"], -32602, f"the parameters of {raw['method']} cannot be read")
            return
        self.handle_message(message)

    def _in_order(self, raw: dict) -> bool:
        """Whether the message may be handled now; refuses requests before and after the session."""
        method = raw.get("method")
        if method is None or method == "exit":
            return True
        if method == "initialize":
            if self.initialized:
                self._refuse(raw.get("id"), INVALID_REQUEST, "initialize was sent twice")
                return False
            self.initialized = True
            return True
        if self.initialized and not self._shutdown:
            return True
        if "id" in raw:
            code = INVALID_REQUEST if self._shutdown else NOT_INITIALIZED
            self._refuse(raw["id"], code, "the server is shut down" if self._shutdown else "initialize comes first")
        return False

    def _refuse(self, message_id: Any, code: int, text: str) -> None:
        answer = {"jsonrpc": "2.0", "id": message_id, "error": {"code": code, "message": text}}
        self._write(json.dumps(answer).encode())

    def _write(self, body: bytes) -> None:
        if self.writer is not None:
            self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _send_data(self, data) -> None:
        if isinstance(result := getattr(data, "result", None), Encoded):
            self._write(f'{{"jsonrpc": "2.0", "id": {json.dumps(data.id)}, "result": {result.json}}}'.encode())
        elif isinstance(params := getattr(data, "params", None), Encoded):
            self._write(f'{{"jsonrpc": "2.0", "method": {json.dumps(data.method)}, "params": {params.json}}}'.encode())
        else:
            super()._send_data(data)

    def _handle_cancel_notification(self, msg_id) -> None:
        # pygls answers from a callback of the future; the entry must stay until that ran.
        future = self._request_futures.get(msg_id)
        if future is not None:
            future.cancel()
        # It answers for a command and lets its work go on.
        if msg_id in self._commands:
            self._commands[msg_id].cancel()

    @lsp_method(lsp.INITIALIZE)
    def lsp_initialize(self, params):
        # What is agreed is UTF-16, whatever the client would prefer: see convert.py.
        if params.capabilities.general is not None:
            params.capabilities.general.position_encodings = [lsp.PositionEncodingKind.Utf16]
        return (yield from super().lsp_initialize(params))

    @lsp_method(lsp.SHUTDOWN)
    def lsp_shutdown(self, *args):
        if (handler := self.fm.features.get(lsp.SHUTDOWN)) is not None:
            yield handler, args, None
        # A copy: a request that ends while others are cancelled changes the table.
        for message_id, future in list(self._request_futures.items()):
            if message_id != self.msg_id and not future.done():
                future.cancel()
        self._shutdown = True
        return None

    @property
    def exit_status(self) -> int:
        """What the protocol says that `exit` ends with."""
        return 0 if self._shutdown else 1

    @lsp_method(lsp.EXIT)
    def lsp_exit(self, *args):
        self._server.stop(self.exit_status)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params):
        self.fm.features[lsp.TEXT_DOCUMENT_DID_OPEN](params)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params):
        self.fm.features[lsp.TEXT_DOCUMENT_DID_CHANGE](params)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params):
        self.fm.features[lsp.TEXT_DOCUMENT_DID_CLOSE](params)


def in_background(coroutine) -> asyncio.Task:
    """Runs a coroutine beside the requests; what it raises is logged."""
    task = asyncio.ensure_future(coroutine)
    task.add_done_callback(_log_failure)
    return task


def _log_failure(task: asyncio.Task) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("a background task failed: %r", error)
