"""Findings that people have silenced: by rules of the settings, and by comments in the source.

What is silenced is set apart with the reason that was given, and never lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from goleak_lsp.analysis.comments import Comments
from goleak_lsp.analysis.findings import Finding
from goleak_lsp.frozen import Frozen
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import Placement
from goleak_lsp.profile.model import Frame, Stack
from goleak_lsp.profile.names import is_runtime, is_standard, split

NO_REASON = "no reason given"
_PATTERNS = ("function", "file", "createdBy", "label")


class Rule(Frozen):
    """One rule: what it names must all match, and it names something."""

    function: str = ""
    file: str = ""
    createdBy: str = ""
    label: str = ""
    reason: str = NO_REASON


class Ignored(Frozen):
    """A finding that was silenced, and why."""

    finding: Finding
    reason: str


def rules_of(entries: Iterable[object]) -> tuple[list[Rule], list[str]]:
    """The rules in the setting ``ignore``, and what of it is no rule."""
    rules, problems = [], []
    for entry in entries:
        known = isinstance(entry, dict) and set(entry) <= {*_PATTERNS, "reason"}
        if known and all(isinstance(v, str) for v in entry.values()) and any(entry.get(p) for p in _PATTERNS):
            rules.append(Rule(**{k: v for k, v in entry.items() if v}))
        else:
            problems.append(f"goleak.ignore: a rule names function, file, createdBy or label, not {entry!r:.120}")
    return rules, problems


def set_apart(
    findings: Sequence[Finding], rules: Sequence[Rule], tree: SourceTree
) -> tuple[list[Finding], list[Ignored]]:
    """The findings that are left, and those that a rule or a comment silences."""
    kept, ignored = [], []
    comments = Comments(tree)
    for finding in findings:
        reason = next((r.reason for r in rules if matches(r, finding, tree)), None)
        if reason is None:
            reason = comments.on(finding)
        if reason is None:
            kept.append(finding)
        else:
            ignored.append(Ignored(finding, reason or NO_REASON))
    return kept, ignored


def matches(rule: Rule, finding: Finding, tree: SourceTree) -> bool:
    """Whether everything that the rule names is so for every goroutine of the finding."""
    frame = user_frame(finding)
    path = finding.placement.path
    file = tree.relative(path) if path else frame.file
    samples = finding.samples
    return (
        _like(rule.function, frame.function)
        and _like(rule.file, file)
        and (not rule.createdBy or all(s.created_by and _like(rule.createdBy, s.created_by.function) for s in samples))
        and (not rule.label or all(any(_like(rule.label, f"{k}={v}") for k, v in s.labels) for s in samples))
    )


def user_frame(finding: Finding) -> Frame:
    """The frame that a finding speaks of."""
    return user_frame_of(finding.placement, finding.stack)


def user_frame_of(placement: Placement, stack: Stack) -> Frame:
    """The user's frame of a stack, else the innermost that tells most about it."""
    if placement.frame is not None:
        return stack[placement.frame]
    # Anchors in files that were the workspace's go without the package.
    anchored = (f for f in stack if placement.anchor.function in (f.function, split(f.function)[1]))
    outside = (f for f in stack if not is_standard(split(f.function)[0]))
    shown = (f for f in stack if not is_runtime(f.function))
    return next((frame for group in (anchored, outside, shown) for frame in group), stack[0])


def _like(pattern: str, text: str) -> bool:
    # The brackets of ``(*T[...]).m`` are meant, and are no set of characters.
    return not pattern or pattern == text or fnmatchcase(text, pattern.replace("[...]", "[[]...]"))
