"""Show the source of functions with the goroutines of each line beside it, as pprof's list does.

  goleak-lsp list myLeakyFunction http://localhost:6060
  goleak-lsp list 'main\\.\\(\\*server\\)' goroutine.pb.gz --root ~/src/app
  goleak-lsp list worker after.pb.gz --base before.pb.gz

REGEX is looked for in the names of functions. flat counts the goroutines that stand on the line
itself, cum those that have it on their stack; a blocked goroutine stands in the runtime. The
numbers are those of `go tool pprof -list`, the lines those of the source as it is today.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from goleak_lsp.cli import options, streams
from goleak_lsp.cli.gather import complain, gather, newest
from goleak_lsp.errors import UsageError
from goleak_lsp.features.listing import Routine, routines, shown_lines
from goleak_lsp.features.tally import Row, weigh
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.locate import Locator
from goleak_lsp.text import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `list`."""
    parser.add_argument("regex", metavar="REGEX", help="what the names of the functions contain")
    options.add_sources(parser)
    options.add_base(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints the functions; 1 where none has such a name, 2 where a source could not be read."""
    try:
        pattern = re.compile(arguments.regex)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(f"REGEX {printable(arguments.regex, 100)} is no regular expression: {error}") from None
    gathered = gather(arguments)
    profiles = [s.profile for s in newest(gathered.snapshots)]
    base = [s.profile for s in newest(gathered.base or [])]
    weighted, total = weigh(profiles, base)
    found = routines(weighted, pattern, Locator([*profiles, *base], gathered.tree), gathered.tree)
    if gathered.snapshots:
        parts = [f"Total: {total}", *(line for routine in found for line in _routine(routine, total, gathered.tree))]
        streams.write("\n".join(parts) + "\n")
    complain(gathered)
    if gathered.failed:
        return 2
    if not found:
        streams.complain(f"no function on a stack matches {printable(arguments.regex, 200)}")
    return 0 if found else 1


def _routine(routine: Routine, total: int, tree: SourceTree) -> Iterator[str]:
    yield f"ROUTINE ======================== {printable(routine.function)} in {printable(routine.file)}"
    share = routine.cum / total * 100 if total else 0
    yield f"{routine.flat:>10} {routine.cum:>10} (flat, cum) {share:.2f}% of Total"
    file = tree.read(routine.path) if routine.path else None
    if file is not None and routine.lines:
        before = None
        for number in shown_lines(routine, file):
            if before is not None and number > before + 1:
                yield f"{'':>10} {'':>10}    ..."
            before = number
            text = printable(file.lines.text(number).expandtabs(4).rstrip())
            yield _line(routine.lines.get(number, Row("")), number, text)
    else:
        for number, row in sorted(routine.lines.items()):
            yield _line(row, number, "")
    for number, row in sorted(routine.gone.items()):
        remark = "changed since the profile" if routine.path else "no source here"
        yield _line(row, number, f"({remark})")


def _line(row: Row, number: int, text: str) -> str:
    return f"{_number(row.flat)} {_number(row.cum)} {number:>6}:{text}".rstrip()


def _number(count: int) -> str:
    return f"{count or '.':>10}"
