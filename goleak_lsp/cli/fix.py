"""Print the fixes for leaks as one unified diff, or write them.

  goleak-lsp fix goroutineleak.pb.gz
  goleak-lsp fix http://localhost:6060 | git apply
  goleak-lsp fix goroutineleak.pb.gz --only defer-unlock,close-after-send --write
  goleak-lsp fix goroutineleak.pb.gz --all

Without --all only fixes that cannot make anything worse are taken. Each is built and vetted
with the go command before it is taken, unless --no-verify is given or there is no Go.

Exit status: 0 every finding has its fix, 1 one is left without, 2 a source could not be read.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.analysis.findings import Finding, at_or_above
from goleak_lsp.cli import options, streams
from goleak_lsp.cli.gather import Gathered, complain, gather, shots
from goleak_lsp.errors import UsageError
from goleak_lsp.features.words import goroutines
from goleak_lsp.fixes.catalogue import FIXES
from goleak_lsp.fixes.model import Offer
from goleak_lsp.fixes.patch import diff, write_all
from goleak_lsp.fixes.plan import Plan, Step
from goleak_lsp.fixes.verify import Result, module_of, verify
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.text import printable

SECONDS = 7.0
"""How long all verification may take; what is not verified by then is taken, and says so."""

NAMES = tuple(FIXES)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `fix`."""
    options.add_sources(parser)
    options.add_base(parser)
    parser.add_argument("--only", metavar="FIX,…", help=f"these fixes alone: {', '.join(NAMES)}")
    parser.add_argument("--all", action="store_true", help="the best fix of every finding, whatever it costs")
    parser.add_argument("--write", action="store_true", help="change the files instead of printing a diff")
    parser.add_argument("--no-verify", action="store_true", help="do not build and vet with the go command")


def run(arguments: argparse.Namespace) -> int:
    """Prints or writes the fixes; the exit status as in the module's docstring."""
    only = _only(arguments.only)
    gathered = gather(arguments)
    evidence = gathered.settings.evidence
    findings = analyse(shots(gathered.snapshots), shots(gathered.base), gathered.tree, evidence)
    findings = [f for f in findings if at_or_above(f.evidence, "growing")]
    judge = _Judge(gathered.tree, arguments.no_verify)
    plan = Plan(gathered.tree)
    for finding in findings:
        plan.add(finding, lambda o: (arguments.all or o.safe) and o.fix in only, judge)
    _give(gathered, plan, arguments.write)
    _tell(gathered, plan, judge)
    if gathered.failed:
        return 2
    return int(any(step.offer is None for step in plan.steps))


def _only(given: str | None) -> tuple[str, ...]:
    names = tuple(given.split(",")) if given else NAMES
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise UsageError(f"--only knows no {printable(unknown[0], 60)}; there are: {', '.join(NAMES)}")
    return names


class _Judge:
    """Builds and vets what the fixes make, as long as there is time."""

    def __init__(self, tree: SourceTree, off: bool) -> None:
        self.tree, self.off = tree, off
        self.deadline = time.monotonic() + SECONDS
        self.doubts: list[str] = []

    def __call__(self, texts: dict[Path, bytes]) -> str:
        left = self.deadline - time.monotonic()
        if self.off:
            return ""
        if left < 0.1:
            self._doubt("there was no time left to build it")
            return ""
        verdict = verify(module_of(next(iter(texts)), self.tree), texts, seconds=left)
        if verdict.result is Result.BAD:
            return f"the fix does not pass: {verdict.reasons[0]}"
        if verdict.result is Result.UNKNOWN:
            self._doubt("; ".join(verdict.reasons[:2]))
        return ""

    def _doubt(self, reason: str) -> None:
        if reason not in self.doubts:
            self.doubts.append(reason)


def _give(gathered: Gathered, plan: Plan, write: bool) -> None:
    tree = gathered.tree
    new = dict(sorted(plan.texts.items()))
    old = {path: tree.read(path).data for path in new}
    if write:
        write_all(old, new)
    else:
        streams.write_bytes(b"".join(diff(tree.relative(path), old[path], data) for path, data in new.items()))


def _tell(gathered: Gathered, plan: Plan, judge: _Judge) -> None:
    """On standard error: what could not be read, what was left and why, what was done."""
    complain(gathered)
    left = [_left(step, gathered.tree) for step in plan.steps if step.offer is None]
    done = [_done(step, gathered.tree) for step in plan.steps if step.offer is not None]
    doubts = [f"not verified: {reason}" for reason in judge.doubts]
    if not plan.steps:
        done = ["no leak found"]
    streams.complain_all([*doubts, *left, *done])


def _where(finding: Finding, tree: SourceTree) -> str:
    at = finding.placement if finding.placement.path else finding.cause
    place = f"{tree.relative(at.path)}:{at.line}" if at else finding.placement.anchor.function
    return f"{place}: {goroutines(finding.count)} {finding.evidence}"


def _left(step: Step, tree: SourceTree) -> str:
    return f"left: {_where(step.finding, tree)}: {step.reason}"


def _done(step: Step, tree: SourceTree) -> str:
    offer: Offer = step.offer
    return f"{_where(step.finding, tree)}: {offer.title} ({offer.fix})"
