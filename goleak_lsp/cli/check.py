"""Report goroutine leaks on their source lines.

  goleak-lsp check http://localhost:6060
  goleak-lsp check goroutine.pb.gz goroutineleak.pb.gz --root ~/src/app
  goleak-lsp check 'snapshots/*.pb.gz' --base before.pb.gz --format json
  curl -s localhost:6060/debug/pprof/goroutine | goleak-lsp check -

A gate over a code base that has leaks already:

  goleak-lsp check goroutine.pb.gz --write-accepted leaks.txt --fail-on never
  goleak-lsp check goroutine.pb.gz --accepted leaks.txt

Exit status: 0 nothing at or above --fail-on, 1 findings, 2 a source could not be read.
"""

from __future__ import annotations

import argparse
import os

from goleak_lsp.analysis.findings import STRENGTH
from goleak_lsp.cli import options, streams
from goleak_lsp.cli.gather import Gathered, complain, gather, newest
from goleak_lsp.cli.outcome import Outcome, outcome_of, read_accepted, write_accepted
from goleak_lsp.sources.load import Problem, shown_name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `check`."""
    options.add_sources(parser)
    options.add_base(parser)
    parser.add_argument(
        "--format",
        choices=tuple(_FORMATS),
        default="text",
        help="text for people, json for scripts, sarif for code scanning, github for annotations (default: text)",
    )
    parser.add_argument(
        "--fail-on",
        choices=(*STRENGTH, "never"),
        default="growing",
        metavar="EVIDENCE",
        help=f"the weakest evidence that fails: {', '.join(STRENGTH)} or never (default: growing)",
    )
    parser.add_argument("--accepted", metavar="FILE", help="findings that are known: reported apart, they do not fail")
    parser.add_argument("--write-accepted", metavar="FILE", help="write the findings of now to such a file")
    parser.add_argument("--labels", action="store_true", help="goroutines' labels in sarif and github too")


def run(arguments: argparse.Namespace) -> int:
    """Prints the report; the exit status as in the module's docstring."""
    accepted, wrong = read_accepted(arguments)
    gathered = gather(arguments)
    gathered.problems.extend(wrong)
    outcome = outcome_of(gathered, accepted)
    gathered.problems.extend(Problem("history", note, False) for note in gathered.tree.notes.values())
    if arguments.write_accepted:
        write_accepted(arguments.write_accepted, outcome, accepted, gathered)
    streams.write(_FORMATS[arguments.format](gathered, outcome, arguments.labels))
    complain(gathered)
    if gathered.failed:
        return 2
    return int(outcome.fails(arguments.fail_on))


def _json(gathered: Gathered, outcome: Outcome, labels: bool) -> str:
    import json

    from goleak_lsp.features.report import report

    problems = [(p.source, p.message) for p in gathered.problems]
    whole = report(
        gathered.sources, outcome.findings, problems, gathered.tree,
        ignored=outcome.ignored, accepted=outcome.accepted, unmatched=outcome.unmatched,
    )  # fmt: skip
    return json.dumps(whole, indent=1) + "\n"


def _text(gathered: Gathered, outcome: Outcome, labels: bool) -> str:
    from goleak_lsp.cli.render import render

    if not gathered.snapshots:
        return "nothing could be read\n"
    total = sum(s.profile.total for s in newest(gathered.snapshots))
    return render(outcome, total, gathered.tree, streams.is_terminal()) + "\n"


def _sarif(gathered: Gathered, outcome: Outcome, labels: bool) -> str:
    import json

    from goleak_lsp.features.sarif import Log

    profiles = [profile for _, profile in gathered.sources]
    log = Log(profiles, gathered.tree, gathered.settings.severity, _below_checkout(gathered), labels)
    accepted = [finding for finding, _ in outcome.accepted]
    return json.dumps(log.log(outcome.findings, outcome.ignored, accepted, _without_folders(gathered)), indent=1) + "\n"


def _github(gathered: Gathered, outcome: Outcome, labels: bool) -> str:
    from goleak_lsp.features.github import Annotations

    made = Annotations(gathered.tree, gathered.settings.severity, _below_checkout(gathered), labels)
    return "".join(f"{line}\n" for line in made.lines(outcome.findings, _without_folders(gathered)))


def _below_checkout(gathered: Gathered) -> str:
    """What leads from the checkout of a job to the root: code scanning wants paths from there."""
    checkout, root = os.environ.get("GITHUB_WORKSPACE"), gathered.tree.root
    if not checkout or not root.is_relative_to(os.path.realpath(checkout)):
        return ""
    inner = root.relative_to(os.path.realpath(checkout)).as_posix()
    return "" if inner == "." else f"{inner}/"


def _without_folders(gathered: Gathered) -> list[str]:
    """What could not be read, without the folders that it lies in: the report leaves this machine."""
    return [p.message.replace(shown_name(p.source), os.path.basename(p.source)) for p in gathered.problems]


_FORMATS = {"text": _text, "json": _json, "sarif": _sarif, "github": _github}
