"""What a command works on: the source tree, the settings, and the snapshots of its SOURCEs.

The only place of the command line that knows how sources are loaded.
"""

from __future__ import annotations

import argparse
import gc
from functools import partial
from pathlib import Path

from goleak_lsp.cli import streams
from goleak_lsp.cli.configured import Configured, Requests
from goleak_lsp.errors import UsageError
from goleak_lsp.frozen import Frozen
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.collecting import no_collection
from goleak_lsp.profile.model import Profile
from goleak_lsp.settings import Settings
from goleak_lsp.sources.load import Problem, Request, Snapshot, load_groups
from goleak_lsp.text import printable


class Gathered(Frozen):
    """Everything that was read, and every complaint about it."""

    tree: SourceTree
    settings: Settings
    snapshots: list[Snapshot]
    base: list[Snapshot] | None
    problems: list[Problem]

    @property
    def sources(self) -> list[tuple[str, Profile]]:
        """One entry a file or profile of an address: its name as given, its newest snapshot."""
        return [(s.source, s.profile) for s in self.snapshots if s.newest]

    @property
    def failed(self) -> bool:
        """Whether a source or the base could not be read at all."""
        return any(p.fatal for p in self.problems)


def gather(arguments: argparse.Namespace) -> Gathered:
    """Reads the settings, and then the SOURCEs and the base together, within one deadline."""
    root = root_of(arguments)
    configured = Configured(root, arguments.config, arguments.trust)
    requests = Requests(configured, arguments)
    wanted = _wanted(arguments.sources, configured, requests)
    base = _base(arguments, configured, requests)
    if [r.spec for r in (*wanted, *base)].count("-") > 1:
        raise UsageError("standard input can be read only once")
    tree = SourceTree(root, _path_map(configured.settings))
    with no_collection():
        (snapshots, problems), (before, base_problems) = load_groups([wanted, base], meanwhile=partial(_ahead, tree))
        # It stays to the end: no later search for garbage need go through it.
        gc.freeze()
    problems = [*problems, *(p for p in base_problems if p.fatal)]
    problems += [Problem(name, f"{name}: {text}", False) for name, text in configured.problems]
    return Gathered(tree, configured.settings, snapshots, before if base else None, problems)


def root_of(arguments: argparse.Namespace) -> Path:
    """The root; raises UsageError where it is no folder."""
    root, shown = Path(arguments.root), printable(arguments.root, 300)
    try:
        if not root.is_dir():
            raise UsageError(f"--root {shown} is no folder")
        next(root.iterdir(), None)
    except OSError as error:
        raise UsageError(f"--root {shown} cannot be read: {error.strerror}") from None
    return root


def _wanted(specs: list[str], configured: Configured, requests: Requests) -> list[Request]:
    if specs:
        return [requests.of_source(spec) for spec in specs]
    found = [requests.of_entry(entry) for entry in configured.sources()]
    if found:
        return found
    if configured.held_back():
        raise UsageError("the network sources of .goleak.toml are used only when named, as @NAME, or with --trust")
    raise UsageError("no SOURCE: name a file, a glob, - or an address such as http://localhost:6060")


def _base(arguments: argparse.Namespace, configured: Configured, requests: Requests) -> list[Request]:
    given = getattr(arguments, "base", None)
    if given is not None:
        return [requests.of_source(given)]
    own = configured.baseline()
    return [requests.of_entry(own)] if own else []


def _path_map(settings: Settings) -> tuple[tuple[str, str], ...]:
    rules = (rule for rule in settings.pathMap if isinstance(rule, dict))
    pairs = ((rule.get("from"), rule.get("to")) for rule in rules)
    return tuple((a, b) for a, b in pairs if isinstance(a, str) and isinstance(b, str))


def _ahead(tree: SourceTree) -> None:
    from goleak_lsp.placing.origins import read_ahead

    read_ahead(tree)


def shots(snapshots: list[Snapshot] | None) -> list[tuple[str, Profile]]:
    """Process and profile of each, as the analysis wants them."""
    return [(s.process, s.profile) for s in snapshots or ()]


def newest(snapshots: list[Snapshot]) -> list[Snapshot]:
    """The newest snapshot of each process that counts every goroutine, or its leak profile."""
    processes: dict[str, list[Snapshot]] = {}
    for snapshot in snapshots:
        processes.setdefault(snapshot.process, []).append(snapshot)
    return [_newest(group) for group in processes.values()]


def _newest(group: list[Snapshot]) -> Snapshot:
    complete = [s for s in group if not _leaks_only(s.profile)] or group
    if all(s.profile.taken_at is not None for s in complete):
        return max(reversed(complete), key=lambda s: s.profile.taken_at or 0)
    return complete[-1]


def _leaks_only(profile: Profile) -> bool:
    return profile.proves and all(sample.leaked for sample in profile.samples)


def complain(gathered: Gathered) -> None:
    """Says on standard error what could not be read: on one line what made the command fail."""
    fatal = [p.message for p in gathered.problems if p.fatal]
    if fatal:
        streams.complain_at_once(fatal)
    else:
        streams.complain_all([p.message for p in gathered.problems])
