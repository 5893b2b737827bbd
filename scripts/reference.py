"""Writes the reference pages that `goleak-lsp explain` shows, from the code that they describe.

python scripts/reference.py           # writes goleak_lsp/docs/settings.md and commands.md
python scripts/reference.py --check   # fails when one would change
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "goleak_lsp" / "docs"
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from vscode_settings import section  # noqa: E402  (the path must be there first)

from goleak_lsp.cli.main import COMMANDS  # noqa: E402
from goleak_lsp.cli.options import parser_of  # noqa: E402
from goleak_lsp.settings import FILE_NAME, Settings  # noqa: E402

SETTINGS = f"""\
# settings: everything that can be set

The section is `goleak`. Editors give it in their own settings; a workspace has it in
`{FILE_NAME}` in its root, without the prefix, and commands take more such files by `--config`.
An editor's settings win over the file's, later files over earlier ones.

"""
COMMANDS_HEAD = """\
# commands: the command line

Every command explains itself: `goleak-lsp COMMAND --help`.

"""


def settings() -> str:
    """The page of all settings."""
    parts = [SETTINGS]
    for name, schema in section("goleak", Settings()).items():
        default = json.dumps(schema["default"])
        choices = f"one of {', '.join(f'`{c}`' for c in schema['enum'])}; " if "enum" in schema else ""
        parts.append(f"- `{name.removeprefix('goleak.')}`\n  {choices}default `{default}`\n")
        parts.append(f"  {schema['markdownDescription']}\n\n")
    return "".join(parts).rstrip() + "\n"


def commands() -> str:
    """The page of all commands."""
    parts = [COMMANDS_HEAD]
    for name in COMMANDS:
        module = importlib.import_module(f"goleak_lsp.cli.{name}")
        parts.append(f"## {name}\n\n{module.__doc__.strip()}\n\n")
        parts += [_argument(action) for action in parser_of(name, module)._actions if action.dest != "help"]
        parts.append("\n")
    return "".join(parts).rstrip() + "\n"


def _argument(action: argparse.Action) -> str:
    names = ", ".join(action.option_strings) or str(action.metavar)
    value = ""
    if action.option_strings and action.nargs != 0:
        value = f" {action.metavar or '|'.join(map(str, action.choices or [action.dest.upper()]))}"
    return f"- `{names}{value}`: {(action.help or '').replace('%%', '%')}\n"


PAGES = {"settings.md": settings, "commands.md": commands}


def main() -> int:
    behind = []
    for name, make in PAGES.items():
        path, new = DOCS / name, make()
        if path.exists() and path.read_text("utf-8") == new:
            continue
        behind.append(name)
        if "--check" not in sys.argv:
            path.write_text(new, "utf-8")
    if behind and "--check" in sys.argv:
        print(f"{', '.join(behind)} in {DOCS} is behind the code: run {sys.argv[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
