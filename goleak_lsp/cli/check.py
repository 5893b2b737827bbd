"""Report goroutine leaks on their source lines.

  goleak-lsp check http://localhost:6060
  goleak-lsp check goroutine.pb.gz goroutineleak.pb.gz --root ~/src/app
  goleak-lsp check 'snapshots/*.pb.gz' --base before.pb.gz --format json
  curl -s localhost:6060/debug/pprof/goroutine | goleak-lsp check -

Exit status: 0 nothing at or above --fail-on, 1 findings, 2 a source could not be read.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.analysis.findings import STRENGTH, at_or_above
from goleak_lsp.errors import UsageError
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.settings import Evidence
from goleak_lsp.sources.load import Problem, Snapshot, load
from goleak_lsp.text import printable

MAX_LINES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="file, glob, -, or http(s)://host:port")
    parser.add_argument("--base", metavar="SOURCE", help="count growth against this snapshot")
    parser.add_argument("--root", default=".", metavar="DIR", help="the source tree (default: here)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--fail-on",
        choices=(*STRENGTH, "never"),
        default="growing",
        metavar="EVIDENCE",
        help=f"weakest evidence that fails: {', '.join(STRENGTH)} or never (default: growing)",
    )


def run(arguments: argparse.Namespace) -> int:
    root = Path(arguments.root)
    if not root.is_dir():
        raise UsageError(f"--root {arguments.root} is not a folder")
    tree = SourceTree(root)
    snapshots, problems = load(arguments.sources)
    base, base_problems = load([arguments.base]) if arguments.base else ([], [])
    problems += [p for p in base_problems if p.fatal]
    findings = analyse(_shots(snapshots), _shots(base), tree, Evidence())
    _print(arguments.format, snapshots, findings, problems, tree)
    _complain(problems)
    if any(p.fatal for p in problems):
        return 2
    return int(any(at_or_above(f.evidence, arguments.fail_on) for f in findings))


def _shots(snapshots: list[Snapshot]):
    return [(s.process, s.profile) for s in snapshots]


def _print(form: str, snapshots: list[Snapshot], findings, problems: list[Problem], tree: SourceTree) -> None:
    sources = [(s.source, s.profile) for s in snapshots if s.newest]
    if form == "json":
        import json

        from goleak_lsp.features.report import report

        whole = report(sources, findings, [(p.source, p.message) for p in problems], tree)
        json.dump(whole, sys.stdout, indent=1)
        print()
        return
    from goleak_lsp.cli.render import render

    print(render(sources, findings, tree, colours=sys.stdout.isatty()))


def _complain(problems: list[Problem]) -> None:
    for problem in problems[: MAX_LINES - 1]:
        print(printable(f"goleak-lsp: {problem.message}", 600), file=sys.stderr)
    if len(problems) >= MAX_LINES:
        print(f"goleak-lsp: and {len(problems) - MAX_LINES + 1} more problems", file=sys.stderr)
