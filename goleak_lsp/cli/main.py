"""The program ``goleak-lsp``: reads the command line and hands over to one module a command."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from goleak_lsp.errors import GoleakError
from goleak_lsp.text import printable
from goleak_lsp.version import __version__

COMMANDS = {
    "serve": "speak the language server protocol (what an editor starts)",
    "check": "report goroutine leaks on their source lines, for terminals and CI",
    "top": "count goroutines by place or function",
    "demo": "the main job on a real profile that ships with the program",
}

EXAMPLES = """\
examples:
  goleak-lsp check http://localhost:6060            a service that is running now
  goleak-lsp check goroutine.pb.gz --root ~/src/app a profile from elsewhere
  goleak-lsp check after.pb.gz --base before.pb.gz  what grew between two snapshots
  goleak-lsp top goroutine.pb.gz                    where all goroutines are
  goleak-lsp demo                                   see it work, no Go needed
"""

MAX_STDERR = 600


def parser() -> argparse.ArgumentParser:
    """The whole command line; each command's module adds its own arguments."""
    top = argparse.ArgumentParser(
        prog="goleak-lsp",
        description="Find goroutine leaks in profiles and show them on their source lines.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"goleak-lsp {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for name, summary in COMMANDS.items():
        module = importlib.import_module(f"goleak_lsp.cli.{name}") if name in sys.argv[1:2] else None
        sub = commands.add_parser(
            name,
            help=summary,
            description=module.__doc__ if module else summary,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if module:
            module.add_arguments(sub)
    return top


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    if argv is not None:
        sys.argv = ["goleak-lsp", *argv]
    if len(sys.argv) == 1:
        sys.argv.append("serve")
    arguments = parser().parse_args(sys.argv[1:])
    command = importlib.import_module(f"goleak_lsp.cli.{arguments.command}")
    try:
        return command.run(arguments)
    except GoleakError as error:
        print(printable(f"goleak-lsp: {error}", MAX_STDERR), file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader of a pipe went away, as `| head` does; the rest is wanted by nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
