"""Finds the profiles of a live process below its address, and fetches them.

One deadline covers all that one fetch does, whatever trickles in. Links of an index page
are never followed: only the names on it are looked at.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from goleak_lsp.errors import SourceError
from goleak_lsp.frozen import Frozen
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK
from goleak_lsp.sources.address import Address, parse
from goleak_lsp.sources.http import NO_OPTIONS, Client, Options, Response, connected

SECONDS = 8.0
"""The deadline for everything of one fetch: look-up, connection, index page and profiles."""


class Mount(Frozen):
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


class Fetched(Frozen):
    """What one fetch brought: at least one answer, and ``failures`` beside it as predicates.

    ``mount`` can be handed to the next fetch, which then asks no index page.
    ``proof_seconds`` is how long the proof was waited for, in vain too; None if not asked for.
    """

    name: str
    process: str
    answers: tuple[Answer, ...]
    failures: tuple[str, ...] = ()
    mount: Mount | None = None
    proof_seconds: float | None = None


def fetch_profiles(
    requests: Sequence[tuple[str, Options]], seconds: float = SECONDS, *, proof: bool = True
) -> list[Fetched | SourceError]:
    """Asks all addresses, each with its options, at once and within ``seconds``; one result each.

    For programs without an event loop. An address that fails gives its error as the result.
    """

    async def every() -> list:
        tasks = (fetch(spec, options, proof=proof, seconds=seconds) for spec, options in requests)
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(every())
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, SourceError):
            raise result
    return results


async def fetch(
    spec: str,
    options: Options = NO_OPTIONS,
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
    talk = None
    try:
        async with asyncio.timeout(seconds):
            async with connected(address, options) as client:
                talk = _Talk(client, address, answers)
                mount, failures = await talk.run(mount, proof)
    except TimeoutError:
        failures = [f"gave no complete answer within {seconds:g} s"]
        if not answers:
            raise SourceError(failures[0]) from None
    waited = talk.waited() if talk else None
    return Fetched(address.name, address.process, tuple(answers), tuple(failures), mount, waited)


@dataclass(slots=True)
class _Talk:
    """The requests of one fetch; ``answers`` fills as they arrive and outlives a time-out."""

    client: Client
    address: Address
    answers: list[Answer]
    proof_begun: float | None = None
    proof_ended: float | None = None

    def waited(self) -> float | None:
        """Seconds spent on the proof; one cut off by the deadline has no end of its own."""
        if self.proof_begun is None:
            return None
        return (self.proof_ended or time.monotonic()) - self.proof_begun

    async def run(self, mount: Mount | None, proof: bool) -> tuple[Mount | None, list[str]]:
        if self.address.single:
            leak = urlsplit(self.address.url).path.endswith("/goroutineleak")
            self.proof_begun = time.monotonic() if leak else None
            await self.take(GOROUTINE_LEAK if leak else GOROUTINE, self.address.url)
            return None, []
        mount = mount or await self.find()
        if not self.answers:
            await self.take(GOROUTINE, mount.plain)
        return await self.prove(mount) if proof and mount.leak else (mount, [])

    async def prove(self, mount: Mount) -> tuple[Mount, list[str]]:
        """Asks for the proof; without it the plain profile still stands."""
        self.proof_begun = time.monotonic()
        try:
            await self.take(GOROUTINE_LEAK, str(mount.leak))
        except SourceError as error:
            if not mount.listed:
                return mount._replace(leak=None), []
            return mount, [f"{error} (asked for goroutineleak)"]
        finally:
            self.proof_ended = time.monotonic()
        return mount, []

    async def find(self) -> Mount:
        """The pprof mount below the address, by its index page or by trying."""
        base = self.address.url.rstrip("/")
        index = _index(base)
        mount, first = await self.indexed(index)
        if mount:
            return mount
        begun = time.monotonic()
        direct = await self.client.get(f"{index}goroutine")
        if not direct.complaint():
            self.answers.append(Answer(GOROUTINE, direct.body, time.monotonic() - begun))
            return Mount(f"{index}goroutine", f"{index}goroutineleak", listed=False)
        mount, _ = await self.indexed(base)
        if mount:
            return mount
        page = urlsplit(index).path
        raise SourceError(f"has no pprof mount that is found: {page} {first.complaint() or 'lists no goroutines'}")

    async def indexed(self, url: str) -> tuple[Mount | None, Response]:
        page = await self.client.get(url)
        if page.status in (401, 403):
            raise SourceError(str(page.complaint()))
        if page.status != 200 or not page.html or b"goroutine" not in page.body:
            return None, page
        base = url.rstrip("/")
        leak = f"{base}/goroutineleak" if b"goroutineleak" in page.body else None
        return Mount(f"{base}/goroutine", leak), page

    async def take(self, kind: str, url: str) -> None:
        begun = time.monotonic()
        response = await self.client.get(url)
        complaint = response.complaint()
        if complaint:
            raise SourceError(complaint)
        self.answers.append(Answer(kind, response.body, time.monotonic() - begun))


def _index(base: str) -> str:
    if base.endswith("/pprof"):
        return f"{base}/"
    return f"{base}/pprof/" if base.endswith("/debug") else f"{base}/debug/pprof/"
