"""Settings in layers: the workspace's file, what the editor gave at the start, and what it says when asked.

Later layers win. An empty answer erases nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

from goleak_lsp.errors import RequestError
from goleak_lsp.features.rules import as_toml, with_rule
from goleak_lsp.server.trust import Agreements, network_entries, without_network
from goleak_lsp.settings import FILE_NAME, MAX_FILE, SECTION, Settings, parse, read_file

TRUSTED = "trusted"
"""What a client may say at the start beside the settings: false where go is not to be run."""


class Configuration:
    """The layers, and the settings that they make together."""

    def __init__(self, agreements: Agreements | None = None) -> None:
        self.agreements = agreements or Agreements()
        self.root = Path.cwd()
        self.problems: list[str] = []
        self._file: dict = {}
        self._file_problems: list[str] = []
        self._initial: object = None
        self._current: object = None
        self._trusted = True

    def open(self, root: Path, initial: object) -> None:
        """Begins with a workspace's file and an editor's initialization options."""
        self.root, self._initial = root, section(initial)
        if isinstance(self._initial, dict) and TRUSTED in self._initial:
            self._initial = dict(self._initial)
            self._trusted = self._initial.pop(TRUSTED) is True
        self.read()

    def read(self) -> None:
        """Reads the workspace's file again."""
        self._file, self._file_problems = read_file(self.root / FILE_NAME)

    def update(self, answer: object) -> None:
        """Takes what the editor says now."""
        if isinstance(answer, dict) and answer:
            self._current = section(answer)

    def undecided(self) -> list[object]:
        """Network sources of the workspace's file that take effect only if the user agrees."""
        entries = network_entries(self._effective_file())
        return [] if not entries or self.agreements.given(self.root, entries) else entries

    @property
    def trusted(self) -> bool:
        """Whether programs may be run on the workspace: its client does not forbid it, and the user
        has agreed to what the workspace asks for."""
        return self._trusted and not self.undecided()

    def agree(self) -> None:
        """Remembers that the user agreed to the network sources of the file as it is."""
        self.agreements.give(self.root, network_entries(self._effective_file()))

    def ignore(self, rule: dict[str, str]) -> None:
        """Writes a rule into the workspace's file; raises RequestError where it would have no effect."""
        path = self.root / FILE_NAME
        if any(isinstance(own, dict) and own.get("ignore") for own in (self._initial, self._current)):
            raise RequestError(f"the editor's setting goleak.ignore wins over {FILE_NAME}: add {as_toml(rule)} to it")
        try:
            text = path.read_text("utf-8") if path.exists() else ""
            if len(text) > MAX_FILE or (new := with_rule(text, rule)) is None:
                raise RequestError(f"{FILE_NAME} cannot be changed: add {as_toml(rule)} to its list ignore")
            partial = path.with_name(f"{FILE_NAME}.{os.getpid()}.part")
            partial.write_text(new, "utf-8")
            os.replace(partial, os.path.realpath(path))
        except (OSError, UnicodeDecodeError) as error:
            raise RequestError(f"{FILE_NAME} cannot be written: {error}") from None
        self.read()

    def _effective_file(self) -> dict:
        """The file's table without what the editor's own settings replace anyway."""
        own = [layer for layer in (self._initial, self._current) if isinstance(layer, dict)]
        return {k: v for k, v in self._file.items() if not any(layer.get(k) is not None for layer in own)}

    def settings(self) -> Settings:
        """The settings of all layers; ``problems`` says what in them cannot be used."""
        table = self._file if not self.undecided() else without_network(self._file)
        settings, problems = Settings(), list(self._file_problems)
        for layer in (table, self._initial, self._current):
            settings, found = parse(layer, settings)
            problems += found
        self.problems = list(dict.fromkeys(problems))
        return settings


def section(options: object) -> object:
    """The section itself, or the one in a table that holds it under its name."""
    if isinstance(options, dict) and set(options) == {SECTION}:
        return options[SECTION]
    return options
