"""Rules of the setting ``ignore``: one for a finding, written into a settings file as it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.analysis.ignoring import user_frame
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.settings import SECTION
from goleak_lsp.text import printable

_KEY = re.compile(r"^[ \t]*ignore[ \t]*=[ \t]*\[", re.MULTILINE)


def rule_for(finding: Finding, tree: SourceTree) -> dict[str, str]:
    """The rule that silences the goroutines of a finding: those of its function and file."""
    frame, path = user_frame(finding), finding.placement.path
    file = tree.relative(path) if path else frame.file
    rule = {"function": frame.function, "file": file, "reason": "ignored in the editor"}
    return {name: printable(text) for name, text in rule.items()}


def as_toml(rule: dict[str, str]) -> str:
    """The rule on one line."""
    return "{ " + ", ".join(f"{name} = {_quoted(text)}" for name, text in rule.items()) + " }"


def with_rule(text: str, rule: dict[str, str]) -> str | None:
    """A settings file with one more rule, all else as it was; None where it cannot be read."""
    before = _parsed(text)
    if before is None:
        return None
    inner = before.get(SECTION)
    nested = set(before) == {SECTION} and isinstance(inner, dict)
    wanted = dict(inner if nested else before)
    known = wanted.get("ignore", [])
    if not isinstance(known, list):
        return None
    wanted["ignore"] = [*known, rule]
    wanted = {SECTION: wanted} if nested else wanted
    return next((new for new in _written(text, rule, nested) if _parsed(new) == wanted), None)


def _written(text: str, rule: dict[str, str], nested: bool) -> Iterator[str]:
    """Ways to write it: a table at the end, else an element of the list that is there."""
    head = "".join(f"{name} = {_quoted(value)}\n" for name, value in rule.items())
    begun = f"{text.rstrip()}\n\n" if text.strip() else ""
    yield f"{begun}[[{f'{SECTION}.' if nested else ''}ignore]]\n{head}"
    for key in _KEY.finditer(text):
        for end in re.finditer(r"\]", text[key.end() :]):
            at = key.end() + end.start()
            for comma in (", ", "", "\n"):
                yield f"{text[:at].rstrip()}{comma}{as_toml(rule)}{text[at:]}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _parsed(text: str) -> dict | None:
    # Needed by one command alone, and slow to import.
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
