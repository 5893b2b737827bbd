"""The program ``goleak-lsp``: finds the command and hands over to its module.

Only the module of the command that runs is imported: a start is mostly imports.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
import threading

from goleak_lsp.cli import streams
from goleak_lsp.errors import GoleakError, UsageError
from goleak_lsp.version import __version__

COMMANDS = {
    "check": "report goroutine leaks on their source lines, for terminals and CI",
    "fix": "the fixes for leaks as one unified diff, or written",
    "top": "count goroutines by place or by function",
    "list": "show source with the goroutines of each line beside it",
    "flame": "draw the call tree of all goroutines as a page for a browser",
    "fetch": "save one snapshot of a running program",
    "explain": "what a kind of leak is, what a fix changes, how things work",
    "doctor": "what is configured, what answers, what was placed and why the rest was not",
    "demo": "see it work on a real profile that ships with the program",
    "serve": "speak the language server protocol (what an editor starts)",
}
"""The commands, each in a module of its name, in the order of the help."""

HELP = """\
usage: goleak-lsp [COMMAND] [ARGUMENTS]

Find goroutine leaks in profiles and show them on their source lines.

{commands}

Without a command it serves an editor over standard input and output.

examples:
  goleak-lsp check http://localhost:6060             a service that is running now
  goleak-lsp check goroutine.pb.gz --root ~/src/app  a profile from elsewhere
  goleak-lsp check after.pb.gz --base before.pb.gz   what grew between two snapshots
  goleak-lsp top goroutine.pb.gz                     where all goroutines are
  goleak-lsp demo                                    see it work, no Go needed

More about a command: goleak-lsp COMMAND --help
"""


def program() -> int:
    """The console script: runs one command, and ends at once where nothing runs any more.

    The interpreter would take apart, module by module, what the operating system frees anyway: 7 ms.
    """
    status = main()
    if all(thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        atexit._run_exitfuncs()
        if streams.flushed():
            os._exit(status)
    # It would search all that was imported for cycles, too: 9 ms.
    gc.freeze()
    return status


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns its exit status; nothing that goes wrong shows a traceback."""
    # Little that a command makes is garbage: looking for it early and often costs 6 ms of a short one.
    gc.set_threshold(50_000)
    streams.prepare()
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except GoleakError as error:
        streams.complain(str(error))
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        streams.complain("needs more memory than there is")
    except Exception as error:
        # The boundary of the command line: scripts get a line and a status, developers the rest on demand.
        if os.environ.get("GOLEAK_TRACEBACK"):
            raise
        streams.complain(f"failed inside ({type(error).__name__}: {error}); GOLEAK_TRACEBACK=1 shows where")
    return 2


def _run(arguments: list[str]) -> int:
    command, *rest = arguments or ["serve"]
    if command == "help" and rest:
        command, rest = rest[0], ["--help"]
    if command in ("-h", "--help", "help"):
        streams.write(help_text())
        return 0
    if command in ("--version", "-V", "version"):
        streams.write(f"goleak-lsp {__version__}\n")
        return 0
    if command in ("--stdio", "--tcp") or command.startswith("--tcp="):
        # Editors that know no commands give the options of serve alone.
        command, rest = "serve", arguments
    if command not in COMMANDS:
        raise UsageError(_unknown(command))
    module = importlib.import_module(f"goleak_lsp.cli.{command}")
    from goleak_lsp.cli.options import parser_of

    try:
        parsed = parser_of(command, module).parse(rest)
    except SystemExit as done:
        # Only --help ends here: complaints are raised.
        return int(done.code or 0)
    return module.run(parsed)


def help_text() -> str:
    """What `goleak-lsp --help` prints."""
    commands = "\n".join(f"  {name:<8} {summary}" for name, summary in COMMANDS.items())
    return HELP.format(commands=commands)


def _unknown(command: str) -> str:
    import difflib

    near = difflib.get_close_matches(command[:80], COMMANDS, 1)
    if near:
        return f"there is no command {command[:80]!r}; did you mean {near[0]}? (see goleak-lsp --help)"
    return f"there is no command {command[:80]!r}: one of {', '.join(COMMANDS)}"
