"""Report goroutine leaks on their source lines.

  goleak-lsp check http://localhost:6060
  goleak-lsp check goroutine.pb.gz goroutineleak.pb.gz --root ~/src/app
  goleak-lsp check 'snapshots/*.pb.gz' --base before.pb.gz --format json
  curl -s localhost:6060/debug/pprof/goroutine | goleak-lsp check -

Exit status: 0 nothing at or above --fail-on, 1 findings, 2 a source could not be read.
"""

from __future__ import annotations

import argparse

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.analysis.findings import STRENGTH, Finding, at_or_above
from goleak_lsp.cli import options, streams
from goleak_lsp.cli.gather import Gathered, complain, gather, newest, shots


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `check`."""
    options.add_sources(parser)
    options.add_base(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="the report's form (default: text)")
    parser.add_argument(
        "--fail-on",
        choices=(*STRENGTH, "never"),
        default="growing",
        metavar="EVIDENCE",
        help=f"the weakest evidence that fails: {', '.join(STRENGTH)} or never (default: growing)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints the report; the exit status as in the module's docstring."""
    gathered = gather(arguments)
    findings = analyse(shots(gathered.snapshots), shots(gathered.base), gathered.tree, gathered.settings.evidence)
    streams.write(_FORMATS[arguments.format](gathered, findings))
    complain(gathered)
    if gathered.failed:
        return 2
    return int(any(at_or_above(f.evidence, arguments.fail_on) for f in findings))


def _json(gathered: Gathered, findings: list[Finding]) -> str:
    import json

    from goleak_lsp.features.report import report

    problems = [(p.source, p.message) for p in gathered.problems]
    return json.dumps(report(gathered.sources, findings, problems, gathered.tree), indent=1) + "\n"


def _text(gathered: Gathered, findings: list[Finding]) -> str:
    from goleak_lsp.cli.render import render

    total = sum(s.profile.total for s in newest(gathered.snapshots))
    return render(findings, total, gathered.tree, streams.is_terminal()) + "\n"


_FORMATS = {"text": _text, "json": _json}
