"""From an entry of the setting ``sources`` to something that can be polled."""

from __future__ import annotations

import os
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Protocol

from goleak_lsp.errors import UsageError
from goleak_lsp.profile.model import Profile
from goleak_lsp.sources.address import is_address
from goleak_lsp.sources.watched import WatchedFiles


class Feed(Protocol):
    """What live sources and watched files have in common."""

    spec: str
    name: str
    problems: tuple[str, ...]
    live: bool

    @property
    def state(self) -> str: ...
    def age(self, now: float) -> float | None: ...
    def shots(self) -> list[tuple[str, Profile]]: ...
    def newest(self) -> list[tuple[str, Profile]]: ...
    async def poll(self, now: float, *, refresh: bool = False) -> bool: ...


def feed_of(entry: object, root: Path, readers: Executor) -> Feed:
    """The feed for a SOURCE string or an object with ``url`` and ``headers``.

    Relative paths are below ``root``. Raises UsageError or SourceError.
    """
    table = entry if isinstance(entry, dict) else {"url": entry}
    spec, headers = table.get("url"), table.get("headers") or {}
    if not isinstance(spec, str) or not spec or not isinstance(headers, dict):
        raise UsageError(f"a source must be an address, a path or an object with a url, not {entry!r:.80}")
    if spec == "-":
        raise UsageError("standard input carries the protocol and is no source here")
    if is_address(spec):
        # The HTTP client costs 60 ms to import, which sessions without network sources are spared.
        from goleak_lsp.sources import http
        from goleak_lsp.sources.live import LiveSource, decode_off_loop

        options = http.Options(headers=tuple((str(k), str(v)) for k, v in headers.items()))
        return LiveSource(spec, options, decode=partial(decode_off_loop, executor=readers))
    return WatchedFiles(os.path.join(root, os.path.expanduser(spec)), readers)


def key_of(entry: object) -> str:
    """What a source is known by in commands: its name if it has one, else its SOURCE string."""
    if isinstance(entry, dict):
        return str(entry.get("name") or entry.get("url") or "")
    return str(entry)
