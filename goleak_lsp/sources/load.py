"""SOURCE strings to decoded snapshots: one list in order, with what went wrong beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial

from goleak_lsp.errors import GoleakError
from goleak_lsp.profile.model import Profile
from goleak_lsp.profile.reader import decode_in_worker
from goleak_lsp.sources import file
from goleak_lsp.sources.address import is_address, redact
from goleak_lsp.text import printable

SECONDS = 8.5
"""The deadline for all sources of one command, fetched and decoded."""

FILES = "files"
"""The name of the one process that all files of a command belong to."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One decoded profile: ``source`` as the user spelled it, ``process`` whose it is.

    A file that holds several is one entry of a report, its ``newest``; the others are
    there for the series.
    """

    source: str
    process: str
    profile: Profile
    newest: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one source; ``fatal`` when nothing of it could be read."""

    source: str
    message: str
    fatal: bool


def load(specs: list[str], options=None, seconds: float = SECONDS) -> tuple[list[Snapshot], list[Problem]]:
    """Reads every source; one that fails never keeps the others from being read.

    ``options`` are the http.Options of the network sources, which are all asked at once.
    """
    loader = _Loader(time.monotonic() + seconds)
    fetched = _ask([spec for spec in specs if is_address(spec)], options, seconds)
    for spec in specs:
        if is_address(spec):
            loader.address(redact(spec), next(fetched))
            continue
        for name in file.expand(spec):
            loader.one(name, FILES, partial(_opened, name))
    return loader.snapshots, loader.problems


def _ask(addresses: list[str], options, seconds: float) -> Iterator:
    if not addresses:
        return iter(())
    # The HTTP client costs 60 ms to import, so files go without it.
    from goleak_lsp.sources import http, pprof

    # What is left is for decoding what came at the last moment.
    limit = min(pprof.SECONDS, seconds - 0.5)
    return iter(pprof.fetch_profiles(addresses, options or http.NO_OPTIONS, limit))


def _opened(name: str):
    """What the decoder reads: an open file, which it may hand to its worker unread, or bytes."""
    return nullcontext(file.fetch(name)) if name == "-" else file.open_regular(name)


class _Loader:
    """Collects snapshots and problems until one deadline."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.snapshots: list[Snapshot] = []
        self.problems: list[Problem] = []

    def one(self, name: str, process: str, opened: Callable) -> bool:
        """Decodes one file or answer; whether that gave a snapshot."""
        try:
            with opened() as data:
                profiles, found = decode_in_worker(data, seconds=self.deadline - time.monotonic())
        except GoleakError as error:
            self.complain(name, f" {error}", fatal=True)
            return False
        for profile in profiles:
            whose = f"{process} {profile.process}".rstrip()
            self.snapshots.append(Snapshot(name, whose, profile, profile is profiles[-1]))
        for text in found:
            self.complain(name, f": {text}")
        return True

    def address(self, name: str, fetched) -> None:
        """Decodes what one address answered; one profile of two is still something of it."""
        if isinstance(fetched, GoleakError):
            self.complain(name, f" {fetched}", fatal=True)
            return
        before = len(self.problems)
        good = [self.one(name, fetched.process, partial(nullcontext, a.data)) for a in fetched.answers]
        for text in fetched.failures:
            self.complain(name, f" {text}")
        if any(good):
            self.problems[before:] = [replace(p, fatal=False) for p in self.problems[before:]]

    def complain(self, name: str, text: str, fatal: bool = False) -> None:
        self.problems.append(Problem(name, printable(name + text), fatal))
