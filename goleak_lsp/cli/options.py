"""Options that several commands share, and a parser whose complaints are one line."""

from __future__ import annotations

import argparse
from functools import partial
from typing import NoReturn

from goleak_lsp.cli import streams
from goleak_lsp.errors import UsageError

_FORMATTER = argparse.RawDescriptionHelpFormatter
_WIDTH = 80
"""While options are added: argparse makes a formatter for each, and one that asks the terminal takes five imports."""


class Parser(argparse.ArgumentParser):
    """A parser of one command's arguments."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError instead of printing the usage, which is long."""
        raise UsageError(f"{message} (see {self.prog} --help)")

    def parse(self, arguments: list[str]) -> argparse.Namespace:
        """Parses with options and SOURCEs in any order; all after ``--`` is a SOURCE."""
        options, values, rest = [], [], iter(arguments)
        for token in rest:
            if token == "--":
                values += rest
            elif token == "-" or not token.startswith("-"):
                values.append(token)
            else:
                options.append(token)
                action = self._option_string_actions.get(token)
                if action is not None and action.nargs != 0:
                    options += [value for value in [next(rest, None)] if value is not None]
        return self.parse_args([*options, "--", *values] if values else options)

    def print_help(self, file=None) -> None:
        """Prints the help, as wide as the terminal, to standard output, which may be closed by now."""
        self.formatter_class = _FORMATTER
        streams.write(self.format_help())


def parser_of(command: str, module) -> Parser:
    """The parser of a command, described by its module's docstring."""
    parser = Parser(
        prog=f"goleak-lsp {command}",
        description=module.__doc__,
        formatter_class=partial(_FORMATTER, width=_WIDTH),
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return parser


def add_sources(parser: argparse.ArgumentParser) -> None:
    """SOURCEs, and what network sources need."""
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="a file, a glob, - for standard input, http(s)://host:port, the full address of one profile, "
        "unix:PATH, or @NAME of the settings (default: the settings' sources)",
    )
    add_network(parser)


def add_network(parser: argparse.ArgumentParser) -> None:
    """What goes with network sources, and where settings come from."""
    parser.add_argument("--root", default=".", metavar="DIR", help="the source tree (default: here)")
    parser.add_argument(
        "--config", action="append", default=[], metavar="FILE", help="settings, over those of DIR/.goleak.toml"
    )
    parser.add_argument(
        "--trust", action="store_true", help="use the network sources of .goleak.toml though they are not named"
    )
    parser.add_argument(
        "--header", action="append", default=[], metavar="'NAME: VALUE'", help="sent to network sources; repeatable"
    )
    parser.add_argument("--tls-ca", metavar="FILE", help="certificates that https sources are checked against")
    parser.add_argument("--tls-cert", metavar="FILE", help="the client's certificate")
    parser.add_argument("--tls-key", metavar="FILE", help="its key, if that is another file")


def add_base(parser: argparse.ArgumentParser) -> None:
    """The base of a comparison."""
    parser.add_argument("--base", metavar="SOURCE", help="compare with this earlier snapshot")
