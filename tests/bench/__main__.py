"""Measures what people wait for, and prints one table: `make bench`.

All things are measured in turn, round after round, so that what else the machine does meanwhile
falls on all of them. Times are of the installed program, from outside, as an editor or a shell sees it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import commands, idle, server, verification  # the path must be there first
from bench.figures import table, undisturbed


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=25, help="how often each thing is measured (default: 25)")
    parser.add_argument("--idle", type=int, default=60, metavar="SECONDS", help="how long an idle server is watched")
    arguments = parser.parse_args()
    undisturbed()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="goleak-bench-")))
        of_server = (server.Snapshots, server.Keystrokes, server.CodeActions, verification.Verification)
        measured = [commands.Commands(), *(group(folder, stack) for group in of_server)]
        for number in range(arguments.rounds):
            if sys.stderr.isatty():
                print(f"\rround {number + 1} of {arguments.rounds}", end="", file=sys.stderr, flush=True)
            for group in measured:
                group.round()
        print("\n" + table([figure for group in measured for figure in group.figures]))
        for note in (note for group in measured for note in group.notes()):
            print(note)
    print(idle.watched(arguments.idle))


main()
