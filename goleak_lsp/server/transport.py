"""Messages in and out, over standard input and output or one local TCP client.

Reading has a thread of its own that nothing else can starve. Headers other than those of
the protocol end the connection, so that no web page can speak to the server.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable

from goleak_lsp.errors import UsageError

MAX_BODY = 128 << 20
MAX_HEADER = 4096
_PIPE = 1 << 20
"""Bytes that a pipe may hold on Linux without more rights; it holds a sixteenth of it by itself."""
_HEADERS = (b"content-length", b"content-type")

log = logging.getLogger(__name__)


class BadMessage(Exception):
    """The peer does not speak the protocol."""


class Framing:
    """Cuts a stream of bytes into message bodies."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.length: int | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that are complete now; raises BadMessage."""
        self.buffer += data
        bodies = []
        while (body := self._next()) is not None:
            bodies.append(body)
        return bodies

    def _next(self) -> bytes | None:
        if self.length is None:
            end = self.buffer.find(b"\r\n\r\n")
            # A complete first line is enough to refuse a web page's request at once.
            complete = end if end >= 0 else max(self.buffer.rfind(b"\r\n"), 0)
            self._check(bytes(self.buffer[:complete]))
            if end < 0:
                if len(self.buffer) > MAX_HEADER:
                    raise BadMessage("a header is too long")
                return None
            self.length = self._length(bytes(self.buffer[:end]))
            del self.buffer[: end + 4]
        if len(self.buffer) < self.length:
            return None
        body = bytes(self.buffer[: self.length])
        del self.buffer[: self.length]
        self.length = None
        return body

    def _check(self, head: bytes) -> None:
        for line in head.split(b"\r\n"):
            if line and line.partition(b":")[0].strip().lower() not in _HEADERS:
                raise BadMessage("a header that is not the protocol's")

    def _length(self, head: bytes) -> int:
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length" and value.strip().isdigit() and len(value) < 12:
                length = int(value)
                if length <= MAX_BODY:
                    return length
                raise BadMessage("a message is too large")
        raise BadMessage("a message has no length")


class Writer:
    """What pygls writes to: one buffered stream, written from the event loop only."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def write(self, data: bytes) -> None:
        self._write(data)

    def close(self) -> None:
        """The stream is closed when the process ends."""


def read_stdin(loop: asyncio.AbstractEventLoop, receive: Callable[[bytes], None]) -> None:
    """Starts the thread that hands what arrives to ``receive`` in the loop; empty means the end."""

    def read() -> None:
        while True:
            try:
                data = os.read(0, 1 << 16)
            except OSError:
                data = b""
            loop.call_soon_threadsafe(receive, data)
            if not data:
                return

    threading.Thread(target=read, name="stdin", daemon=True).start()


def stdout_writer() -> Writer:
    """Standard output for the protocol alone: whatever else prints goes to standard error."""
    if os.name == "nt":
        import msvcrt

        msvcrt.setmode(0, os.O_BINARY)
        msvcrt.setmode(1, os.O_BINARY)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    _enlarge(out.fileno())
    sys.stdout = sys.stderr

    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[out.write(view) :]

    return Writer(write)


def local_address(spec: str) -> tuple[str, int]:
    """HOST:PORT, checked to be loopback; raises UsageError."""
    host, _, port = spec.rpartition(":")
    host = host.strip("[]")
    if not port.isdigit() or int(port) > 65535:
        raise UsageError(f"--tcp {spec} is not HOST:PORT")
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        raise UsageError(f"--tcp {spec}: the host is not known") from None
    if not all(ipaddress.ip_address(address.split("%")[0]).is_loopback for address in addresses):
        raise UsageError(f"--tcp {spec}: only loopback addresses are listened on")
    return host, int(port)


def _enlarge(pipe: int) -> None:
    """Lets a pipe hold all that one analysis has to say, so that a client that reads slowly holds nothing up."""
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
    except (ImportError, AttributeError, OSError):
        return  # another system, or no pipe
