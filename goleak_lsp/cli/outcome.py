"""What `check` found, sorted: what counts, what was accepted, what was ignored."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.analysis.findings import Finding, at_or_above
from goleak_lsp.analysis.ignoring import Ignored, rules_of, set_apart
from goleak_lsp.cli.gather import Gathered, shots
from goleak_lsp.errors import SourceError, UsageError
from goleak_lsp.frozen import Frozen
from goleak_lsp.sources.load import Problem
from goleak_lsp.text import printable

if TYPE_CHECKING:
    from datetime import date

_MAX_ACCEPTED = 8 << 20
_MAX_NAMED = 900


class Outcome(Frozen):
    """The findings that count, and those set apart; ``unmatched`` are accepted ids that match nothing."""

    findings: list[Finding]
    ignored: list[Ignored]
    accepted: Sequence[tuple[Finding, date | None]] = ()
    unmatched: Sequence[str] = ()

    def fails(self, limit: str) -> bool:
        """Whether a finding is at or above the evidence ``limit``."""
        return any(at_or_above(f.evidence, limit) for f in self.findings)


def outcome_of(gathered: Gathered, accepted: list) -> Outcome:
    """Analyses what was gathered; what is wrong with rules and entries is added to its problems."""
    settings = gathered.settings
    found = analyse(shots(gathered.snapshots), shots(gathered.base), gathered.tree, settings.evidence)
    rules, wrong = rules_of(settings.ignore)
    gathered.problems.extend(Problem("settings", text, False) for text in wrong)
    findings, ignored = set_apart(found, rules, gathered.tree)
    off = [f for f in findings if getattr(settings.severity, f.evidence) == "off"]
    ignored += [Ignored(f, f"the setting severity.{f.evidence} is off") for f in off]
    outcome = Outcome([f for f in findings if f not in off], ignored)
    return _accept(outcome, accepted, gathered.problems) if accepted else outcome


def _accept(outcome: Outcome, entries: list, problems: list[Problem]) -> Outcome:
    from datetime import date

    from goleak_lsp.features import accepted

    kept, known, expired, unmatched = accepted.set_apart(outcome.findings, entries, date.today())
    # What a rule silences is no longer accepted, but it is there.
    silenced = {i.finding.id for i in outcome.ignored}
    unmatched = [name for name in unmatched if name not in silenced]
    for names, text in ((expired, "whose day is past"), (unmatched, "that match no finding")):
        if names:
            listed = printable(", ".join(names), _MAX_NAMED)
            problems.append(Problem("accepted", f"accepted entries {text}: {listed}", False))
    return Outcome(kept, outcome.ignored, known, unmatched)


def read_accepted(arguments: argparse.Namespace) -> tuple[list, list[Problem]]:
    """The entries of `--accepted`, and the lines of it that are none; raises UsageError."""
    name = arguments.accepted
    if name is None or (name == arguments.write_accepted and not os.path.lexists(name)):
        return [], []
    from goleak_lsp.features.accepted import parse

    entries, wrong = parse(_text(name))
    shown = printable(name, 300)
    return entries, [Problem(name, f"{shown} {text}", False) for text in wrong[:10]]


def _text(name: str) -> str:
    from goleak_lsp.sources.file import open_regular

    shown = printable(name, 300)
    try:
        with open_regular(name) as file:
            data = file.read(_MAX_ACCEPTED + 1)
    except SourceError as error:
        raise UsageError(f"--accepted {shown} {error}") from None
    if len(data) > _MAX_ACCEPTED:
        raise UsageError(f"--accepted {shown} is larger than {_MAX_ACCEPTED >> 20} MiB")
    return data.decode("utf-8", "replace")


def write_accepted(name: str, outcome: Outcome, entries: list, gathered: Gathered) -> None:
    """Writes a file that accepts all that is there now, and keeps the days of ``entries``."""
    from goleak_lsp.cli import streams
    from goleak_lsp.features.accepted import text_of

    everything = [*outcome.findings, *(finding for finding, _ in outcome.accepted)]
    streams.save(name, text_of(everything, entries, gathered.tree).encode())
