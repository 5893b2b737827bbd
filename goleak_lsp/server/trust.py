"""Whether the user agreed that a workspace's own settings name network sources.

An agreement holds for exactly the addresses that were shown. It is kept outside the workspace,
as a digest, so that no address is written down a second time.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import platformdirs

from goleak_lsp.sources.address import is_address, redact

_MAX_FILE = 1 << 20


def network_entries(table: dict) -> list[object]:
    """The entries of ``sources`` and the ``baseline`` that a settings table asks over the network."""
    sources = table.get("sources")
    entries = [*(sources if isinstance(sources, list) else []), table.get("baseline")]
    return [entry for entry in entries if _is_network(entry)]


def without_network(table: dict) -> dict:
    """The table without those entries."""
    kept = dict(table)
    if isinstance(kept.get("sources"), list):
        kept["sources"] = [entry for entry in kept["sources"] if not _is_network(entry)]
    if _is_network(kept.get("baseline")):
        del kept["baseline"]
    return kept


def shown(entries: list[object]) -> str:
    """The addresses as the user is asked about them, without secrets."""
    return ", ".join(redact(str(_address(entry))) for entry in entries)


def _is_network(entry: object) -> bool:
    address = _address(entry)
    # Everything with a scheme counts, also one that a later release may understand.
    return isinstance(address, str) and (is_address(address) or "://" in address)


def _address(entry: object) -> object:
    return entry.get("url") if isinstance(entry, dict) else entry


class Agreements:
    """What users have agreed to, in a file of their own state folder."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(platformdirs.user_state_dir("goleak-lsp", appauthor=False)) / "agreements.json"

    def given(self, root: Path, entries: list[object]) -> bool:
        """Whether the user agreed to exactly these addresses in this workspace."""
        return self._read().get(str(root)) == _digest(entries)

    def give(self, root: Path, entries: list[object]) -> None:
        """Remembers that the user agreed; where that cannot be written it is asked again."""
        known = self._read() | {str(root): _digest(entries)}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            partial = self.path.with_suffix(f".{os.getpid()}")
            partial.write_text(json.dumps(known, indent=1), "utf-8")
            os.replace(partial, self.path)
        except OSError:
            return

    def _read(self) -> dict:
        try:
            with self.path.open("rb") as file:
                known = json.loads(file.read(_MAX_FILE))
        except (OSError, ValueError, RecursionError):
            return {}
        return known if isinstance(known, dict) else {}


def _digest(entries: list[object]) -> str:
    text = json.dumps(entries, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
