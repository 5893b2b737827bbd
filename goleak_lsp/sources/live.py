"""A live process over time: the history of its snapshots, and how it answers.

Without timers of its own: the server says when to poll, and what time it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from functools import partial

from goleak_lsp.errors import GoleakError
from goleak_lsp.frozen import Frozen
from goleak_lsp.profile.model import Profile, Sample, sample_of
from goleak_lsp.profile.reader import decode_in_worker
from goleak_lsp.profile.worker import Cancel
from goleak_lsp.sources import http, pprof
from goleak_lsp.sources.address import parse
from goleak_lsp.text import printable

MAX_ENTRIES = 60
"""Snapshots of one process that are kept; older ones are thinned, never cut off."""
PROOF_PAUSE = 100
"""A proof is asked for again after this many times as long as it took."""
CLOCK_BACK = 10**9
"""Nanoseconds that the target's clock must go back for it to be another process."""

Decode = Callable[[bytes], Awaitable[tuple[tuple[Profile, ...], list[str]]]]


class Entry(Frozen):
    """One snapshot and when it came, by the clock of whoever polls, in seconds."""

    at: float
    profile: Profile


async def decode_off_loop(data: bytes, executor: Executor | None = None) -> tuple[tuple[Profile, ...], list[str]]:
    """Decodes without holding up the event loop; cancelling it kills the worker."""
    cancel = Cancel()
    work = partial(decode_in_worker, data, cancel=cancel)
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, work)
    except asyncio.CancelledError:
        cancel.cancel()
        raise


class LiveSource:
    """One address that is polled.

    ``history`` holds its plain snapshots, oldest first; ``proof`` the newest leak profile,
    None where there is none. Both outlive failed polls and start anew with a new process.
    """

    live = True

    def __init__(
        self,
        spec: str,
        options: http.Options = http.NO_OPTIONS,
        *,
        decode: Decode = decode_off_loop,
        seconds: float = pprof.SECONDS,
    ) -> None:
        address = parse(spec)
        self.spec = spec
        self.name = address.name
        self.process = address.process
        self.history: list[Entry] = []
        self.proof: Entry | None = None
        self.problems: tuple[str, ...] = ()
        self.answered_at: float | None = None
        self._options = options
        self._decode = decode
        self._seconds = seconds
        self._mount: pprof.Mount | None = None
        self._failure: str | None = None
        self._refused = False
        self._proof_due = float("-inf")
        self._proof_alone = address.single and "/goroutineleak" in address.url
        self._polling = asyncio.Lock()

    @property
    def state(self) -> str:
        """``ok``, ``failed: why`` or ``never answered``, with the reason once it was asked."""
        if self._failure:
            return f"{'failed' if self.answered_at is not None else 'never answered'}: {self._failure}"
        return "ok" if self.answered_at is not None else "never answered"

    def age(self, now: float) -> float | None:
        """Seconds since the last answer; None if there was none."""
        return None if self.answered_at is None else max(0.0, now - self.answered_at)

    def shots(self) -> list[tuple[str, Profile]]:
        """Process and profile of all that is known, as the analysis wants them."""
        entries = [*self.history, *([self.proof] if self.proof else [])]
        return [(self.process, entry.profile) for entry in entries]

    def newest(self) -> list[tuple[str, Profile]]:
        """The name and the newest snapshot, and the proof beside it."""
        entries = [*self.history[-1:], *([self.proof] if self.proof else [])]
        return [(self.name, entry.profile) for entry in entries]

    async def poll(self, now: float, *, refresh: bool = False) -> bool:
        """Asks once; whether the counts are other than before. Never raises a GoleakError.

        ``refresh`` asks for the proof even before its time. A second poll waits for the first.
        """
        async with self._polling:
            proof = refresh or now >= self._proof_due
            if self._proof_alone and not proof:
                return False
            begun = time.monotonic()
            try:
                fetched, profiles = await self._ask(proof)
            except GoleakError as error:
                self._fail(error)
                if self._proof_alone:
                    # Whether the target worked for it is not known, so it is spared all the same.
                    self._proof_due = now + PROOF_PAUSE * (time.monotonic() - begun)
                return False
            self._settle(fetched, now)
            return self._keep(profiles, now)

    async def _ask(self, proof: bool) -> tuple[pprof.Fetched, list[Profile]]:
        fetched = await pprof.fetch(self.spec, self._options, mount=self._mount, proof=proof, seconds=self._seconds)
        profiles, problems = [], list(fetched.failures)
        first: GoleakError | None = None
        for answer in fetched.answers:
            try:
                decoded, found = await self._decode(answer.data)
            except GoleakError as error:
                first = first or error
                problems.append(str(error))
                continue
            # An answer is one snapshot; should it hold more, the newest is the one asked for.
            profiles.append(decoded[-1])
            problems += found
        if first and not profiles:
            raise first
        self.problems = tuple(printable(text) for text in problems)
        return fetched, profiles

    def _fail(self, error: GoleakError) -> None:
        self._failure = printable(str(error))
        if isinstance(error, http.Refused):
            # Whatever answers here next is attached to anew.
            self._refused, self._proof_due = True, float("-inf")
        # A target that was moved or rebuilt may have its profiles elsewhere.
        self._mount = None

    def _settle(self, fetched: pprof.Fetched, now: float) -> None:
        self._failure, self.answered_at = None, now
        self._mount = fetched.mount
        if fetched.proof_seconds is not None:
            self._proof_due = now + PROOF_PAUSE * fetched.proof_seconds

    def _keep(self, profiles: list[Profile], now: float) -> bool:
        plain = [p for p in profiles if not _leaks_only(p)]
        proofs = [p for p in profiles if _leaks_only(p)]
        self._proof_alone = not plain
        if plain and self._restarted(plain[0]):
            self.history, self.proof = [], None
            self._proof_due = self._proof_due if proofs else float("-inf")
        changed = bool(plain) and self._add(plain[0], now)
        if proofs:
            changed |= not (self.proof and _same(self.proof.profile, proofs[0]))
            self.proof = Entry(now, proofs[0])
        self._refused = False
        return changed

    def _add(self, profile: Profile, now: float) -> bool:
        last = self.history[-1].profile if self.history else None
        if last is None:
            self.history = [Entry(now, profile)]
            return True
        same = _same(last, profile)
        # The very samples, so that whoever has grouped them need not do so again.
        shared = profile._replace(samples=last.samples) if same else _sharing(last, profile)
        self.history.append(Entry(now, shared))
        if len(self.history) > MAX_ENTRIES:
            self.history = _thinned(self.history)
        return not same

    def _restarted(self, profile: Profile) -> bool:
        if not self.history:
            return False
        last = self.history[-1].profile
        if self._refused and profile.total < last.total:
            return True
        return bool(last.taken_at and profile.taken_at and profile.taken_at < last.taken_at - CLOCK_BACK)


def _leaks_only(profile: Profile) -> bool:
    return profile.proves and all(sample.leaked for sample in profile.samples)


def _same(one: Profile, other: Profile) -> bool:
    """Whether two snapshots say the same; the order of stacks with equal counts is accidental."""
    if one.total != other.total or len(one.samples) != len(other.samples):
        return False
    return frozenset(one.samples) == frozenset(other.samples)


def _sharing(last: Profile, profile: Profile) -> Profile:
    """``profile`` made of the values of the snapshot before it, so that a history stays small."""
    known = {(sample.stack, sample.labels): sample for sample in last.samples}
    stacks = {stack: stack for stack, _ in known}

    def shared(sample: Sample) -> Sample:
        before = known.get((sample.stack, sample.labels))
        if before == sample:
            return before
        stack = before.stack if before else stacks.get(sample.stack, sample.stack)
        return sample_of((stack, *sample[1:]))

    return profile._replace(samples=tuple(map(shared, profile.samples)))


def _thinned(history: list[Entry]) -> list[Entry]:
    """Every second entry of the older half left out; the first and the newer half stay."""
    half = len(history) // 2
    return history[:half:2] + history[half:]
