"""Profiles of live processes over HTTP: the only module that knows httpx.

A target is trusted with nothing: one deadline covers all that one fetch does, bodies and
their pieces are bounded, and a redirect that leaves the origin is refused.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace

import httpx

from goleak_lsp.errors import SourceError
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK
from goleak_lsp.sources.address import Address, parse, redact
from goleak_lsp.text import printable
from goleak_lsp.version import __version__

SECONDS = 8.0
"""The deadline for everything of one fetch: look-up, connection, index page and profiles."""
MAX_BODY = 64 << 20
"""Bytes of one answer as they are sent."""
MAX_PIECES = 200_000
"""Chunks of one answer; a real server sends a few thousand of them at most."""
MAX_REDIRECTS = 3

# Both log addresses, httpcore headers too, and those may hold credentials.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Options:
    """What goes with a network source: request headers and files for TLS."""

    headers: tuple[tuple[str, str], ...] = ()
    ca: str | None = None
    cert: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a target has its profiles; ``leak`` is None where it has no proof.

    ``listed``: an index page named them, so that a missing one is worth a word.
    """

    plain: str
    leak: str | None
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes of one profile, undecoded, and how many seconds the target took for them."""

    kind: str
    data: bytes = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one fetch brought: at least one answer, and ``failures`` beside it as predicates.

    ``mount`` can be handed to the next fetch, which then asks no index page.
    """

    name: str
    process: str
    answers: tuple[Answer, ...]
    failures: tuple[str, ...] = ()
    mount: Mount | None = None


def fetch_profiles(
    specs: list[str], options: Options = Options(), seconds: float = SECONDS
) -> list[Fetched | SourceError]:
    """Asks all addresses at once, within ``seconds``; one result each, in order.

    For programs without an event loop. An address that fails gives its error as the result.
    """

    async def every() -> list:
        tasks = (fetch(spec, options, seconds=seconds) for spec in specs)
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(every())
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, SourceError):
            raise result
    return results


async def fetch(
    spec: str,
    options: Options = Options(),
    *,
    mount: Mount | None = None,
    proof: bool = True,
    seconds: float = SECONDS,
) -> Fetched:
    """The profiles of one address; raises SourceError, its message a predicate of the address.

    ``proof`` also asks for ``goroutineleak``, which costs the target a garbage collection.
    """
    address = parse(spec)
    answers: list[Answer] = []
    try:
        async with asyncio.timeout(seconds):
            await _look_up(address)
            async with _client(address, options) as client:
                talk = _Talk(client, address, answers)
                mount, failures = await talk.run(mount, proof)
    except TimeoutError:
        failures = [f"gave no complete answer within {seconds:g} s"]
        if not answers:
            raise SourceError(failures[0]) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, NotImplementedError) as error:
        raise SourceError(_why(error)) from None
    return Fetched(address.name, address.process, tuple(answers), tuple(failures), mount)


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


@dataclass(slots=True)
class _Response:
    status: int
    reason: str
    html: bool
    body: bytes

    def complaint(self) -> str | None:
        if self.status in (401, 403):
            return f"refuses access: {self.status} {self.reason}"
        if self.status != 200:
            return f"answers {self.status} {self.reason}".rstrip()
        return "answers with a web page, not a profile" if self.html else None


@dataclass(slots=True)
class _Talk:
    """The requests of one fetch; ``answers`` fills as they arrive and outlives a time-out."""

    client: httpx.AsyncClient
    address: Address
    answers: list[Answer]

    async def run(self, mount: Mount | None, proof: bool) -> tuple[Mount | None, list[str]]:
        if self.address.single:
            leak = httpx.URL(self.address.url).path.endswith("/goroutineleak")
            await self.take(GOROUTINE_LEAK if leak else GOROUTINE, self.address.url)
            return None, []
        mount = mount or await self.find()
        if not self.answers:
            await self.take(GOROUTINE, mount.plain)
        return await self.prove(mount) if proof and mount.leak else (mount, [])

    async def prove(self, mount: Mount) -> tuple[Mount, list[str]]:
        """Asks for the proof; without it the plain profile still stands."""
        try:
            await self.take(GOROUTINE_LEAK, str(mount.leak))
        except SourceError as error:
            if not mount.listed:
                return replace(mount, leak=None), []
            return mount, [f"{error} (asked for goroutineleak)"]
        except (httpx.HTTPError, OSError) as error:
            return mount, [f"{_why(error)} (asked for goroutineleak)"]
        return mount, []

    async def find(self) -> Mount:
        """The pprof mount below the address, by its index page or by trying."""
        base = self.address.url.rstrip("/")
        index = _index(base)
        mount, first = await self.indexed(index)
        if mount:
            return mount
        begun = time.monotonic()
        direct = await self.get(f"{index}goroutine")
        if not direct.complaint():
            self.answers.append(Answer(GOROUTINE, direct.body, time.monotonic() - begun))
            return Mount(f"{index}goroutine", f"{index}goroutineleak", listed=False)
        mount, _ = await self.indexed(base)
        if mount:
            return mount
        page = httpx.URL(index).path
        raise SourceError(
            f"has no pprof mount that is found: {page} {first.complaint() or 'lists no goroutines'}"
        )

    async def indexed(self, url: str) -> tuple[Mount | None, _Response]:
        page = await self.get(url)
        if page.status in (401, 403):
            raise SourceError(str(page.complaint()))
        if page.status != 200 or not page.html or b"goroutine" not in page.body:
            return None, page
        base = url.rstrip("/")
        leak = f"{base}/goroutineleak" if b"goroutineleak" in page.body else None
        return Mount(f"{base}/goroutine", leak), page

    async def take(self, kind: str, url: str) -> None:
        begun = time.monotonic()
        response = await self.get(url)
        complaint = response.complaint()
        if complaint:
            raise SourceError(complaint)
        self.answers.append(Answer(kind, response.body, time.monotonic() - begun))

    async def get(self, url: str) -> _Response:
        """One answer, after at most MAX_REDIRECTS redirects that stay at the origin."""
        for _ in range(MAX_REDIRECTS + 1):
            async with self.client.stream("GET", url) as response:
                if not response.has_redirect_location:
                    return await _read(response)
                url = _redirected(response)
        raise SourceError(f"redirects more than {MAX_REDIRECTS} times")


def _index(base: str) -> str:
    if base.endswith("/pprof"):
        return f"{base}/"
    return f"{base}/pprof/" if base.endswith("/debug") else f"{base}/debug/pprof/"


def _redirected(response: httpx.Response) -> str:
    here = response.url
    there = here.join(response.headers["location"])
    if (here.scheme, here.host, _port(here)) != (there.scheme, there.host, _port(there)):
        # `there` may be any text; only its origin is shown.
        raise SourceError(
            printable(f"redirects to {there.scheme}://{there.host}, which is not followed", 200)
        )
    return str(there.copy_with(userinfo=b"", fragment=None))


def _port(url: httpx.URL) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme)


async def _read(response: httpx.Response) -> _Response:
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
    return _Response(response.status_code, printable(response.reason_phrase, 60), html, body)


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
