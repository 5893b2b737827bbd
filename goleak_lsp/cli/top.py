"""Count goroutines by place in your code, or by function as pprof's top does.

  goleak-lsp top http://localhost:6060
  goleak-lsp top goroutine.pb.gz --by function
  goleak-lsp top after.pb.gz --base before.pb.gz

By function: flat counts the goroutines that stand in the function itself, cum those that have
it anywhere on their stack; functions of the runtime are hidden. The numbers are those of
`go tool pprof -top -hide '^(runtime|internal/runtime)\\.'`.
"""

from __future__ import annotations

import argparse

from goleak_lsp.cli import options, streams
from goleak_lsp.cli.gather import Gathered, complain, gather, newest
from goleak_lsp.features.tally import LEAST_SHARE, Row, by_function, by_place, weigh
from goleak_lsp.text import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `top`."""
    options.add_sources(parser)
    options.add_base(parser)
    parser.add_argument("--by", choices=("place", "function"), default="place", help="what is counted (default: place)")
    parser.add_argument("--all", action="store_true", help="rows below 0.5 %% of all goroutines too")


def run(arguments: argparse.Namespace) -> int:
    """Prints the table; 2 where a source could not be read."""
    gathered = gather(arguments)
    if gathered.snapshots:
        table = _by_function if arguments.by == "function" else _by_place
        streams.write("\n".join(table(gathered, arguments.all)) + "\n")
    complain(gathered)
    return 2 if gathered.failed else 0


def _profiles(gathered: Gathered):
    return [s.profile for s in newest(gathered.snapshots)], [s.profile for s in newest(gathered.base or [])]


def _by_function(gathered: Gathered, everything: bool) -> list[str]:
    weighted, total = weigh(*_profiles(gathered))
    rows = by_function(weighted)
    least = 0 if everything else int(total * LEAST_SHARE)
    kept = [row for row in rows if abs(row.cum) >= least]
    shown, running = [], 0
    for row in kept:
        running += row.flat
        shown.append(
            f"{row.flat:>10} {_share(row.flat, total)} {_share(running, total)} {row.cum:>10} "
            f"{_share(row.cum, total)}  {printable(row.name)}"
        )
    head = [f"{running} of {total} goroutines{_dropped(rows, kept, 'function')}"]
    return [*head, f"{'flat':>10} {'flat%':>7} {'sum%':>7} {'cum':>10} {'cum%':>7}", *shown]


def _by_place(gathered: Gathered, everything: bool) -> list[str]:
    profiles, base = _profiles(gathered)
    rows = by_place(profiles, base, gathered.tree)
    total = sum(p.total for p in profiles)
    least = 0 if everything else max(total, sum(p.total for p in base)) * LEAST_SHARE
    kept = [row for row in rows if max(row.flat, row.base) >= least]
    compared = gathered.base is not None
    head = [f"{sum(row.flat for row in kept)} of {total} goroutines{_dropped(rows, kept, 'place')}"]
    titles = f"{'count':>10} {'count%':>7}" + (f" {'base':>10} {'change':>10}" if compared else "") + "  place"
    return [*head, titles, *(_place_row(row, total, compared) for row in kept)]


def _place_row(row: Row, total: int, compared: bool) -> str:
    change = f" {row.base:>10} {row.flat - row.base:>+10}" if compared else ""
    return f"{row.flat:>10} {_share(row.flat, total)}{change}  {printable(row.name)}"


def _dropped(rows: list[Row], kept: list[Row], what: str) -> str:
    count = len(rows) - len(kept)
    return f"; {count} {what}{'' if count == 1 else 's'} below 0.5 % not shown (--all)" if count else ""


def _share(part: int, total: int) -> str:
    return f"{part / total * 100 if total else 0:>6.2f}%"
