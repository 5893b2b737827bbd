"""Tell what is configured, what answers, what was placed and why the rest was not.

  goleak-lsp doctor
  goleak-lsp doctor http://localhost:6060
  goleak-lsp doctor goroutine.pb.gz --root ~/src/app

Without a SOURCE it looks at those of the settings. Nothing is changed, and no secret is shown.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
from collections.abc import Iterator

from goleak_lsp.cli import options, streams
from goleak_lsp.cli.configured import Configured, url_of
from goleak_lsp.cli.gather import Gathered, gather, newest, root_of
from goleak_lsp.errors import UsageError
from goleak_lsp.features.placed import WORDS, placed_in_numbers
from goleak_lsp.features.report import when
from goleak_lsp.features.words import goroutines
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.sources.address import redact
from goleak_lsp.text import printable
from goleak_lsp.version import __version__

MAX_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `doctor`."""
    options.add_sources(parser)
    options.add_base(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints what it sees; 2 where a source could not be read."""
    root = root_of(arguments)
    configured = Configured(root, arguments.config, arguments.trust)
    streams.write("\n".join(_environment(configured)) + "\n")
    if not arguments.sources and not configured.sources():
        streams.write("\nsources\n  none to ask: name one, such as http://localhost:6060\n")
        return 0
    try:
        gathered = gather(arguments)
    except UsageError as error:
        streams.write(f"\nsources\n  {printable(str(error), 600)}\n")
        raise
    streams.write("\n" + "\n".join([*_sources(gathered), "", *_placing(gathered)]) + "\n")
    fatal = [p.message for p in gathered.problems if p.fatal]
    if fatal:
        streams.complain_at_once(fatal)
    return 2 if fatal else 0


def _environment(configured: Configured) -> Iterator[str]:
    tree = SourceTree(configured.root)
    yield "configured"
    yield f"  goleak-lsp {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield f"  root: {printable(str(tree.root), 500)}"
    modules = [f"{module.path} (go {module.go_version or '?'})" for module in tree.modules]
    yield f"  modules: {_listed(modules) or 'none found: are there go.mod files below the root?'}"
    yield f"  go: {shutil.which('go') or 'not on the search path (only fixes are checked with it)'}"
    for name in ("GOMODCACHE", "GOPATH", "GOFLAGS", "GOTOOLCHAIN"):
        if value := os.environ.get(name):
            yield f"  {name}: {printable(value, 300)}"
    yield f"  settings: {_listed(configured.read) or 'none beside the defaults'}"
    yield from (f"    {printable(f'{name}: {text}', 300)}" for name, text in configured.problems[:MAX_SHOWN])
    if configured.settings.sources:
        yield f"  sources of the settings: {_listed(_shown(entry) for entry in configured.settings.sources)}"
    held = configured.held_back()
    if held:
        yield f"    asked only when named or with --trust: {_listed(_shown(entry) for entry in held)}"
    if configured.settings.ignore:
        yield f"  rules to ignore: {len(configured.settings.ignore)}"


def _shown(entry: object) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    return f"@{name} ({redact(url_of(entry))})" if name else redact(url_of(entry))


def _listed(values) -> str:
    values = [printable(str(value), 200) for value in values]
    rest = f" and {len(values) - MAX_SHOWN} more" if len(values) > MAX_SHOWN else ""
    return ", ".join(values[:MAX_SHOWN]) + rest


def _sources(gathered: Gathered) -> Iterator[str]:
    yield "sources"
    for name, profile in gathered.sources:
        taken = f", taken at {when(profile.taken_at)}" if profile.taken_at else ", its time is not told"
        yield f"  {printable(name, 300)}: {profile.kind}, {goroutines(profile.total)}{taken}"
        if not profile.proves:
            continue
        leaked = sum(sample.count for sample in profile.samples if sample.leaked)
        yield f"    the runtime proved {leaked} of them leaked"
    for problem in gathered.problems[:MAX_SHOWN]:
        yield f"  {'failed' if problem.fatal else 'note'}: {printable(problem.message, 500)}"


def _placing(gathered: Gathered) -> Iterator[str]:
    yield "placing"
    profiles = [snapshot.profile for snapshot in newest(gathered.snapshots)]
    counts, reasons = placed_in_numbers(profiles, gathered.tree)
    for confidence, words in WORDS.items():
        if counts[confidence]:
            yield f"  {counts[confidence]:>8}  {confidence:<8}  {words}"
    yield from (f"  note: {printable(note, 300)}" for note in gathered.tree.notes.values())
    for entry in reasons[:MAX_SHOWN]:
        yield f"  why {entry.count}: {printable(entry.reason, 300)}"
        for frame in list(dict.fromkeys(entry.examples))[:3]:
            yield f"      {printable(f'{frame.function}  {frame.file}:{frame.line}', 300)}"
