"""Explain a kind of leak, a fix, a word or a topic.

goleak-lsp explain                what there is to read
goleak-lsp explain chan-send      a kind of blocking: how it comes about, what ends it
goleak-lsp explain done-case      a fix: what it changes, when it is offered, when it is safe
goleak-lsp explain leaked         the words of the evidence
goleak-lsp explain testing        how to write goroutines that can be tested
goleak-lsp explain settings       everything that can be set
"""

from __future__ import annotations

import argparse
import re
from importlib.resources import files

from goleak_lsp.analysis.findings import STRENGTH
from goleak_lsp.cli import streams
from goleak_lsp.errors import UsageError
from goleak_lsp.text import printable

TOPICS = {
    "evidence": "what leaked, deadlock, orphaned, growing, stuck and crowded mean",
    "sources": "where profiles come from",
    "placing": "how a line of a profile becomes a line of your source",
    "ignore": "silence about findings that are known",
    "testing": "how to write goroutines that can be tested",
    "leak-test": "a test that fails while a leak is there, and when there is one",
    "make-testable": "the action that gives a goroutine an end and a way to be waited for",
    "gate": "no new leaks, in a build that has some",
    "settings": "everything that can be set",
    "commands": "the command line",
}
_DOCS = files("goleak_lsp") / "docs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `explain`."""
    parser.add_argument("name", nargs="?", metavar="KIND|FIX|TOPIC", help="what to explain (default: a list)")


def run(arguments: argparse.Namespace) -> int:
    """Prints a page."""
    text = contents() if arguments.name is None else page(arguments.name.strip().lower())
    streams.write(_styled(text) if streams.is_terminal() else text)
    return 0


def page(name: str) -> str:
    """The page of a kind, a fix or a topic, as Markdown; raises UsageError."""
    if name in TOPICS:
        return (_DOCS / f"{name}.md").read_text("utf-8")
    if name in kinds():
        return (_DOCS / "kinds" / f"{name}.md").read_text("utf-8")
    if name in fixes():
        return f"# {name}: {_docstring(fixes()[name])}\n"
    if name in STRENGTH:
        return page("evidence")
    raise UsageError(_unknown(name))


def _docstring(fix: object) -> str:
    # A docstring marks code as reStructuredText does, a page as Markdown does.
    return re.sub(r"(?<!`)``(?!`)", "`", (fix.__doc__ or "").strip())


def kinds() -> list[str]:
    """The kinds that have a page."""
    return sorted(entry.name.removesuffix(".md") for entry in (_DOCS / "kinds").iterdir())


def fixes() -> dict[str, object]:
    """The fixes by their names; their docstrings are their pages."""
    from goleak_lsp.fixes.catalogue import FIXES, fix_named

    return {name: fix_named(name) for name in FIXES}


def contents() -> str:
    """What there is to read."""
    lines = ["# What can be explained", "", "Kinds of blocking:", ""]
    lines += [f"- `{name}`: {_summary((_DOCS / 'kinds' / f'{name}.md').read_text('utf-8'))}" for name in kinds()]
    lines += ["", "Fixes:", ""]
    lines += [f"- `{name}`: {_docstring(fix).splitlines()[0]}" for name, fix in fixes().items()]
    lines += ["", "Topics:", "", *(f"- `{name}`: {text}" for name, text in TOPICS.items())]
    return "\n".join([*lines, ""])


def _summary(text: str) -> str:
    return text.splitlines()[0].partition(": ")[2]


def _unknown(name: str) -> str:
    import difflib

    known = [*kinds(), *fixes(), *TOPICS, *STRENGTH]
    near = difflib.get_close_matches(name[:80], known, 1)
    hint = f"did you mean {near[0]}?" if near else "goleak-lsp explain lists what there is"
    return f"there is no page about {printable(name, 80)}; {hint}"


def _styled(text: str) -> str:
    """Markdown with headings and code made visible on a terminal."""
    text = re.sub(r"^(#+) (.*)$", "\x1b[1m\\2\x1b[0m", text, flags=re.MULTILINE)
    return re.sub(r"`([^`\n]+)`", "\x1b[36m\\1\x1b[0m", text)
