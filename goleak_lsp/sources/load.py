"""SOURCE strings to decoded snapshots: one list in order, with what went wrong beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from goleak_lsp.errors import GoleakError
from goleak_lsp.profile.formats import decode
from goleak_lsp.profile.model import Profile
from goleak_lsp.sources import file
from goleak_lsp.sources.address import is_address, redact
from goleak_lsp.text import printable

FILES = "files"
"""The name of the one process that all files of a command belong to."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One decoded profile: ``source`` as the user spelled it, ``process`` whose it is."""

    source: str
    process: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one source; ``fatal`` when nothing of it could be read."""

    source: str
    message: str
    fatal: bool


def load(specs: list[str], options=None) -> tuple[list[Snapshot], list[Problem]]:
    """Reads every source; one that fails never keeps the others from being read.

    ``options`` are the http.Options of the network sources, which are all asked at once.
    """
    snapshots: list[Snapshot] = []
    problems: list[Problem] = []
    fetched = _ask([spec for spec in specs if is_address(spec)], options)
    for spec in specs:
        if is_address(spec):
            _load_address(redact(spec), next(fetched), snapshots, problems)
            continue
        for name in file.expand(spec):
            _load_one(name, FILES, lambda name=name: file.fetch(name), snapshots, problems)
    return snapshots, problems


def _ask(addresses: list[str], options):
    if not addresses:
        return iter(())
    # The HTTP client costs 60 ms to import, so files go without it.
    from goleak_lsp.sources import http

    return iter(http.fetch_profiles(addresses, options or http.Options()))


def _load_address(name: str, fetched, snapshots: list[Snapshot], problems: list[Problem]) -> None:
    if isinstance(fetched, GoleakError):
        problems.append(Problem(name, printable(f"{name} {fetched}"), True))
        return
    before = len(snapshots)
    found: list[Problem] = []
    for answer in fetched.answers:
        _load_one(name, fetched.process, lambda data=answer.data: data, snapshots, found)
    alive = len(snapshots) > before
    # One profile of two is still something of the source.
    problems += [Problem(p.source, p.message, p.fatal and not alive) for p in found]
    problems += [Problem(name, printable(f"{name} {text}"), False) for text in fetched.failures]


def _load_one(
    name: str, process: str, fetch: Callable[[], bytes], snapshots: list[Snapshot], problems: list[Problem]
) -> None:
    try:
        profile, found = decode(fetch())
    except GoleakError as error:
        problems.append(Problem(name, printable(f"{name} {error}"), True))
        return
    snapshots.append(Snapshot(name, process, profile))
    problems += [Problem(name, printable(f"{name}: {text}"), False) for text in found]
