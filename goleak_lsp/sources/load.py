"""SOURCE strings to decoded snapshots: one list in order, with what went wrong beside it."""

from __future__ import annotations

from dataclasses import dataclass

from goleak_lsp.errors import GoleakError
from goleak_lsp.profile.formats import decode
from goleak_lsp.profile.model import Profile
from goleak_lsp.sources import file
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


def load(specs: list[str]) -> tuple[list[Snapshot], list[Problem]]:
    """Reads every source; one that fails never keeps the others from being read."""
    snapshots: list[Snapshot] = []
    problems: list[Problem] = []
    for spec in specs:
        if is_address(spec):
            # The HTTP client costs 60 ms to import, so files go without it.
            from goleak_lsp.sources import http

            parts = http.fetch_profiles(spec)
        else:
            parts = [(name, FILES, file.fetch) for name in file.expand(spec)]
        for name, process, fetch in parts:
            _load_one(name, process, fetch, snapshots, problems)
    return snapshots, problems


def is_address(spec: str) -> bool:
    """Whether a SOURCE is asked for over the network."""
    return spec.startswith(("http://", "https://", "unix:"))


def _load_one(name, process, fetch, snapshots: list[Snapshot], problems: list[Problem]) -> None:
    try:
        profile, found = decode(fetch(name))
    except GoleakError as error:
        problems.append(Problem(name, printable(f"{name} {error}"), True))
        return
    snapshots.append(Snapshot(name, process, profile))
    problems += [Problem(name, printable(f"{name}: {text}"), False) for text in found]
