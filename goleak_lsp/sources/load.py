"""SOURCE strings to decoded snapshots: one list in order, with what went wrong beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from functools import partial

from goleak_lsp.errors import GoleakError
from goleak_lsp.frozen import Frozen
from goleak_lsp.profile.model import Profile
from goleak_lsp.profile.reader import decode_in_worker
from goleak_lsp.sources import file
from goleak_lsp.sources.address import is_address, redact
from goleak_lsp.sources.beside import revisions_beside
from goleak_lsp.text import printable

SECONDS = 8.5
"""The deadline for all sources of one command, fetched and decoded."""

MAX_NAME = 300
"""Characters of a source's name that a message shows."""

FILES = "files"
"""The name of the one process that all files of a command belong to."""


class Snapshot(Frozen):
    """One decoded profile: ``source`` as the user spelled it, ``process`` whose it is.

    A file that holds several is one entry of a report, its ``newest``; the others are
    there for the series.
    """

    source: str
    process: str
    profile: Profile
    newest: bool = True


class Request(Frozen):
    """A SOURCE to read: ``name`` is its spelling for people if that is another, ``options``
    the http.Options of a network source."""

    spec: str
    name: str = ""
    options: object = None


class Problem(Frozen):
    """What is wrong with one source; ``fatal`` when nothing of it could be read."""

    source: str
    message: str
    fatal: bool


Loaded = tuple[list[Snapshot], list[Problem]]


def load(specs: Sequence[str | Request], seconds: float = SECONDS) -> Loaded:
    """Reads every source; one that fails never keeps the others from being read."""
    return load_groups([specs], seconds)[0]


def load_groups(
    groups: Sequence[Sequence[str | Request]], seconds: float = SECONDS, meanwhile: Callable[[], object] | None = None
) -> list[Loaded]:
    """Reads several lists of sources within one deadline; all network sources are asked at once.

    ``meanwhile`` is as in ``decode_in_worker``.
    """
    deadline = time.monotonic() + seconds
    requests = [[r if isinstance(r, Request) else Request(r) for r in group] for group in groups]
    fetched = _ask([r for group in requests for r in group if is_address(r.spec)], seconds)
    return [_read(group, fetched, _Loader(deadline, meanwhile)) for group in requests]


def _read(requests: list[Request], fetched: Iterator, loader: _Loader) -> Loaded:
    for request in requests:
        if is_address(request.spec):
            loader.address(request.name or redact(request.spec), next(fetched))
            continue
        for name in file.expand(request.spec):
            loader.one(name, FILES, partial(_opened, name, loader.deadline))
    return loader.snapshots, loader.problems


def _ask(requests: list[Request], seconds: float) -> Iterator:
    if not requests:
        return iter(())
    # The HTTP client costs 60 ms to import, so files go without it.
    from goleak_lsp.sources import http, pprof

    # What is left is for decoding what came at the last moment.
    limit = min(pprof.SECONDS, seconds - 0.5)
    asked = [(r.spec, r.options or http.NO_OPTIONS) for r in requests]
    return iter(pprof.fetch_profiles(asked, limit))


def _opened(name: str, deadline: float):
    """What the decoder reads: bytes, or an open file, which it may hand to its worker unread."""
    if name != "-":
        return file.open_regular(name)
    data = file.standard_input(deadline - time.monotonic())
    return nullcontext(data) if isinstance(data, bytes) else data


class _Loader:
    """Collects snapshots and problems until one deadline."""

    def __init__(self, deadline: float, meanwhile: Callable[[], object] | None) -> None:
        self.deadline, self.meanwhile = deadline, meanwhile
        self.snapshots: list[Snapshot] = []
        self.problems: list[Problem] = []

    def one(self, name: str, process: str, opened: Callable) -> bool:
        """Decodes one file or answer; whether that gave a snapshot."""
        try:
            with opened() as data:
                left = self.deadline - time.monotonic()
                profiles, found = decode_in_worker(data, seconds=left, meanwhile=self.meanwhile)
        except GoleakError as error:
            self.complain(name, f" {error}", fatal=True)
            return False
        for number, profile in enumerate(profiles, 1):
            if process == FILES and name != "-":
                profile = profile._replace(revisions=profile.revisions + revisions_beside(name, profile.program))
            whose = f"{process} {profile.process}".rstrip()
            self.snapshots.append(Snapshot(name, whose, profile, number == len(profiles)))
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
            self.problems[before:] = [p._replace(fatal=False) for p in self.problems[before:]]

    def complain(self, name: str, text: str, fatal: bool = False) -> None:
        self.problems.append(Problem(name, printable(shown_name(name) + text), fatal))


def shown_name(name: str) -> str:
    """A source's name in a message: a long one must not push the reason off the line."""
    return printable(name, MAX_NAME)
