"""The settings of a command: those of the root's `.goleak.toml`, of `--config`, and what they name.

A workspace's own file is not trusted: its network sources are used only when a person names
them on the command line, or says `--trust`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from goleak_lsp.errors import UsageError
from goleak_lsp.settings import FILE_NAME, Settings, parse, read_file
from goleak_lsp.sources.address import is_address
from goleak_lsp.sources.load import Request
from goleak_lsp.text import printable


class Configured:
    """The settings, and which of their sources the workspace alone asks for."""

    def __init__(self, root: Path, files: list[str], trust: bool) -> None:
        self.root = root
        self.settings = Settings()
        self.problems: list[tuple[str, str]] = []
        self.read: list[str] = []
        table = self._take(root / FILE_NAME, FILE_NAME)
        untrusted = set() if trust else {key for key in ("sources", "baseline") if key in table}
        for name in files:
            if not Path(name).is_file():
                raise UsageError(f"--config {printable(name, 300)} is no file")
            untrusted -= set(self._take(Path(name), name))
        self._untrusted = untrusted

    def _take(self, path: Path, name: str) -> dict:
        table, problems = read_file(path)
        self.settings, wrong = parse(table, self.settings)
        self.problems += [(name, text) for text in (*problems, *wrong)]
        if table:
            self.read.append(name)
        return table

    def sources(self) -> list[object]:
        """The settings' sources that are used without being named."""
        return [entry for entry in self.settings.sources if entry not in self.held_back()]

    def held_back(self) -> list[object]:
        """Network sources of the workspace's own file, which nobody trusted."""
        return [e for e in self.settings.sources if "sources" in self._untrusted and _is_network(url_of(e))]

    def baseline(self) -> str | None:
        """The settings' base, unless the workspace alone asks for it over the network."""
        base = self.settings.baseline
        return None if base and "baseline" in self._untrusted and _is_network(base) else base

    def named(self, name: str) -> object:
        """The source that the settings call ``name``; raises UsageError."""
        known = {str(e["name"]): e for e in self.settings.sources if isinstance(e, dict) and e.get("name")}
        if name not in known:
            there = ", ".join(f"@{n:.40}" for n in list(known)[:8]) or "none"
            raise UsageError(f"@{name:.80} is no source of the settings; named there: {there}")
        return known[name]


class Requests:
    """Makes what is to be read of SOURCEs, each with what goes with it over the network."""

    def __init__(self, configured: Configured, arguments: argparse.Namespace) -> None:
        self.configured = configured
        self.headers = headers_of(arguments.header)
        self.tls = (arguments.tls_ca, arguments.tls_cert, arguments.tls_key)

    def of_source(self, spec: str) -> Request:
        """For a SOURCE of the command line."""
        if spec.startswith("@") and not os.path.lexists(spec):
            return self.of_entry(self.configured.named(spec[1:]), spec)
        return Request(spec, "", self._options(None)) if is_address(spec) else Request(spec)

    def of_entry(self, entry: object, name: str = "") -> Request:
        """For an entry of the settings, whose relative paths are below the root."""
        spec = url_of(entry)
        if not spec or spec == "-":
            raise UsageError(f"a source of the settings must be an address or a path, not {entry!r:.120}")
        if is_address(spec):
            return Request(spec, name, self._options(entry.get("headers") if isinstance(entry, dict) else None))
        return Request(os.path.join(self.configured.root, os.path.expanduser(spec)))

    def _options(self, headers: object):
        # The HTTP client takes long to import, so only where something is asked over the network.
        from goleak_lsp.sources.http import Options

        own = headers_of([f"{k}: {v}" for k, v in headers.items()]) if isinstance(headers, dict) else ()
        return Options((*own, *self.headers), *self.tls)


def _is_network(address: str) -> bool:
    # Everything with a scheme counts, also one that a later release may understand.
    return is_address(address) or "://" in address


def url_of(entry: object) -> str:
    """The address or path in an entry of the setting ``sources``; empty where there is none."""
    value = entry.get("url") if isinstance(entry, dict) else entry
    return value if isinstance(value, str) else ""


def headers_of(texts: list[str]) -> tuple[tuple[str, str], ...]:
    """`NAME: VALUE` pairs taken apart; raises UsageError, which never shows a value."""
    found = []
    for text in texts:
        name, colon, value = text.partition(":")
        name, value = name.strip(), value.strip()
        token = name and name.isascii() and all(c.isalnum() or c in "!#$%&'*+-.^_`|~" for c in name)
        if not colon or not token or not value.isprintable() or not value.isascii():
            raise UsageError("--header must be 'NAME: VALUE' in printable ASCII")
        found.append((name, value))
    return tuple(found)
