"""Answers of an origin that is not trusted: the only module that knows httpx.

Bodies and their pieces are bounded, a redirect that leaves the origin is refused, and no
message holds a credential. The deadline is the caller's, as it covers several requests.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
import zlib
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx

from goleak_lsp.errors import SourceError
from goleak_lsp.frozen import Frozen
from goleak_lsp.sources.address import Address, redact
from goleak_lsp.text import printable
from goleak_lsp.version import __version__

MAX_BODY = 64 << 20
"""Bytes of one answer as they are sent."""
MAX_PIECES = 200_000
"""Chunks of one answer; a real server sends a few thousand of them at most."""
MAX_REDIRECTS = 3

# Both log addresses, httpcore headers too, and those may hold credentials.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Options(Frozen):
    """What goes with a network source: request headers and files for TLS."""

    headers: tuple[tuple[str, str], ...] = ()
    ca: str | None = None
    cert: str | None = None
    key: str | None = None


NO_OPTIONS = Options()


class Refused(SourceError):
    """Nothing listens at the address: its process is not running."""


class Response(Frozen):
    """One whole answer."""

    status: int
    reason: str
    html: bool
    body: bytes

    def complaint(self) -> str | None:
        """Why this can be no profile, as a predicate; None if it may be one."""
        if self.status in (401, 403):
            return f"refuses access: {self.status} {self.reason}"
        if self.status != 200:
            return f"answers {self.status} {self.reason}".rstrip()
        return "answers with a web page, not a profile" if self.html else None


class Client:
    """Asks one origin; every failure is a SourceError whose message is a predicate of it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, url: str) -> Response:
        """One answer, after at most MAX_REDIRECTS redirects that stay at the origin."""
        with _errors():
            for _ in range(MAX_REDIRECTS + 1):
                async with self._client.stream("GET", url) as response:
                    if not response.has_redirect_location:
                        return await _read(response)
                    url = _redirected(response)
        raise SourceError(f"redirects more than {MAX_REDIRECTS} times")


@asynccontextmanager
async def connected(address: Address, options: Options) -> AsyncIterator[Client]:
    """A client for one address; the caller sets the deadline."""
    with _errors():
        await _look_up(address)
        client = _client(address, options)
    async with client:
        yield Client(client)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        # The caller's own deadline; httpx has no time-outs here.
        raise
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, NotImplementedError) as error:
        raise _error(error) from None


def _client(address: Address, options: Options) -> httpx.AsyncClient:
    # Loading certificates costs 30 ms, and an http address can never become an https one.
    verify = _tls(options) if address.url.startswith("https:") else False
    return httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(verify=verify, uds=address.socket, trust_env=False),
        headers=[
            ("User-Agent", f"goleak-lsp/{__version__}"),
            ("Accept-Encoding", "identity"),
            *options.headers,
        ],
        auth=address.user,
        timeout=None,
        follow_redirects=False,
        trust_env=False,
    )


def _tls(options: Options) -> ssl.SSLContext:
    try:
        if options.ca:
            context = ssl.create_default_context(cafile=options.ca)
        else:
            context = httpx.create_ssl_context(trust_env=True)
            context.load_default_certs()
        if options.cert:
            context.load_cert_chain(options.cert, options.key, password=_no_password)
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot use its TLS files: {getattr(error, 'strerror', None) or error}") from None
    return context


def _no_password() -> str:
    # Without this OpenSSL asks for one on the terminal, or on the editor's pipe.
    raise ValueError("the key is protected by a password")


def _look_up(address: Address) -> Awaitable[None]:
    """Waits until the host's name is known, in a thread that nothing waits for.

    The event loop's own threads are joined at exit, so a slow name server would hold the
    program beyond its deadline.
    """
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    url = httpx.URL(address.url)

    def settle(error: Exception | None) -> None:
        if not done.done():
            done.set_exception(error) if error else done.set_result(None)

    def work() -> None:
        problem = None
        try:
            socket.getaddrinfo(url.raw_host.decode().strip("[]"), url.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            problem = error
        try:
            loop.call_soon_threadsafe(settle, problem)
        except RuntimeError:
            # The loop was closed at the deadline: nobody wants the answer any more.
            return

    if address.socket:
        done.set_result(None)
    else:
        threading.Thread(target=work, daemon=True, name="look-up").start()
    return done


def _redirected(response: httpx.Response) -> str:
    here = response.url
    there = here.join(response.headers["location"])
    if (here.scheme, here.host, _port(here)) != (there.scheme, there.host, _port(there)):
        # `there` may be any text; only its origin is shown.
        raise SourceError(printable(f"redirects to {there.scheme}://{there.host}, which is not followed", 200))
    return str(there.copy_with(userinfo=b"", fragment=None))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)


async def _read(response: httpx.Response) -> Response:
    out, size = [], 0
    async for piece in response.aiter_raw():
        size += len(piece)
        out.append(piece)
        if size > MAX_BODY:
            raise SourceError(f"answers with more than {MAX_BODY >> 20} MiB")
        if len(out) > MAX_PIECES:
            raise SourceError("answers in too many small pieces")
    html = "html" in response.headers.get("content-type", "").lower()
    body = _plain(b"".join(out), response.headers.get("content-encoding", ""))
    return Response(response.status_code, printable(response.reason_phrase, 60), html, body)


def _plain(body: bytes, encoding: str) -> bytes:
    """Takes off what a proxy put around the profile although it was asked not to."""
    if encoding.lower() in ("", "identity"):
        return body
    if encoding.lower() not in ("gzip", "x-gzip"):
        raise SourceError(printable(f"answers in the encoding {encoding}, which was not asked for", 200))
    try:
        plain = zlib.decompressobj(wbits=31).decompress(body, MAX_BODY + 1)
    except zlib.error:
        raise SourceError("has damaged gzip data") from None
    if len(plain) > MAX_BODY:
        raise SourceError(f"answers with more than {MAX_BODY >> 20} MiB")
    return plain


def _error(error: BaseException) -> SourceError:
    absent = (ConnectionRefusedError, FileNotFoundError)
    gone = any(isinstance(cause, absent) for cause in _causes(error))
    return (Refused if gone else SourceError)(_why(error))


def _why(error: BaseException) -> str:
    """One predicate for an error of the client, from the innermost cause that says something."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"has a certificate that is not trusted: {cause.verify_message}"
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return "cannot be reached: connection refused"
        if isinstance(cause, socket.gaierror):
            return f"cannot be reached: {cause.strerror}"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"does not answer as HTTP demands: {printable(redact(str(error)), 200)}"
    text = next((c.strerror for c in causes if isinstance(c, OSError) and c.strerror), str(error))
    return f"cannot be read: {printable(redact(text), 200) or type(error).__name__}"


def _causes(error: BaseException | None, depth: int = 0):
    if error is None or depth > 8:
        return
    yield error
    for inner in getattr(error, "exceptions", ()):
        yield from _causes(inner, depth + 1)
    yield from _causes(error.__cause__ or error.__context__, depth + 1)
