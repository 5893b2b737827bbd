"""The report as SARIF 2.1.0, for code scanning.

It names places below the root and functions, never a path of the machine that built the
program; labels, which may hold users' data, only where they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.analysis.ignoring import Ignored, user_frame
from goleak_lsp.features.words import WAITS, message
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.locate import Locator
from goleak_lsp.profile.model import Frame, Profile
from goleak_lsp.settings import Severity
from goleak_lsp.text import printable
from goleak_lsp.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "information": "note", "hint": "note", "off": "none"}
_ROOT = "%SRCROOT%"
_MAX_FRAMES = 100


class Log:
    """Builds one log of one run; ``prefix`` leads from the root of the repository to that of the tree."""

    def __init__(
        self, profiles: Sequence[Profile], tree: SourceTree, severity: Severity, prefix: str, labels: bool
    ) -> None:
        self.tree = tree
        self.prefix = prefix
        self.local = Locator(profiles, tree)
        self.severity = severity
        self.labels = labels
        self.rules: dict[str, int] = {}

    def log(
        self,
        findings: Sequence[Finding],
        ignored: Sequence[Ignored],
        accepted: Sequence[Finding],
        problems: Sequence[str],
    ) -> dict:
        """The whole log; what was ignored or accepted is in it as suppressed."""
        results = [self._result(finding) for finding in findings]
        results += [self._suppressed(entry.finding, entry.reason) for entry in ignored]
        results += [self._suppressed(finding, "accepted") for finding in accepted]
        driver = {"name": "goleak-lsp", "version": __version__, "rules": [_rule(kind) for kind in self.rules]}
        run = {
            "tool": {"driver": driver},
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the source tree."}}},
            "invocations": [_invocation(problems)],
            "results": results,
        }
        return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}

    def _result(self, finding: Finding) -> dict:
        index = self.rules.setdefault(finding.kind, len(self.rules))
        result = {
            "ruleId": finding.kind,
            "ruleIndex": index,
            "level": LEVELS[getattr(self.severity, finding.evidence)],
            "message": {"text": message(finding)},
            "locations": [self._place(finding)],
            # The first is what code scanning keys on, in place of a hash of the line's text.
            "partialFingerprints": {"primaryLocationLineHash": finding.id, "goleakFinding/v1": finding.id},
            "properties": self._properties(finding),
            "stacks": [{"message": {"text": "the commonest call stack"}, "frames": self._frames(finding)}],
        }
        flow = self._flow(finding)
        return result | ({"codeFlows": [{"threadFlows": [{"locations": flow}]}]} if flow else {})

    def _suppressed(self, finding: Finding, reason: str) -> dict:
        entry = {"kind": "external", "justification": printable(reason)}
        return self._result(finding) | {"suppressions": [entry]}

    def _place(self, finding: Finding) -> dict:
        placement, function = finding.placement, user_frame(finding).function
        if placement.path:
            return self._location(function, self.tree.relative(placement.path), placement.line)
        if finding.cause is not None:
            return self._location(function, self.tree.relative(finding.cause.path), finding.cause.line)
        # Code scanning refuses a whole log for one result without a file, so the module stands for it.
        module = next((m.dir for m in self.tree.modules if m.dir == self.tree.root), None)
        return self._location(function, "go.mod" if module else None, 1)

    def _properties(self, finding: Finding) -> dict:
        properties: dict = {"evidence": finding.evidence, "count": finding.count, "baseCount": finding.base_count}
        if self.labels:
            pairs = dict.fromkeys(pair for sample in finding.samples for pair in sample.labels)
            properties["labels"] = [printable(f"{key}={value}", 300) for key, value in list(pairs)[:50]]
        return properties

    def _frames(self, finding: Finding) -> list[dict]:
        return [{"location": self._frame(finding, i)} for i in range(min(len(finding.stack), _MAX_FRAMES))]

    def _flow(self, finding: Finding) -> list[dict]:
        """The user's frames from where the goroutine began to where it blocks."""
        stack = finding.stack[:_MAX_FRAMES]
        mine = [i for i in reversed(range(len(stack))) if self.local.line(stack[i]) or i == finding.placement.frame]
        return [{"location": self._frame(finding, i)} for i in mine]

    def _frame(self, finding: Finding, index: int) -> dict:
        frame: Frame = finding.stack[index]
        here = index == finding.placement.frame and finding.placement.path is not None
        if here:
            return self._place(finding) | {"message": {"text": f"{WAITS[finding.kind]} in {printable(frame.function)}"}}
        line = self.local.line(frame)
        location = self._location(frame.function, self.local.file(frame) if line else None, line or 1)
        return location | {"message": {"text": printable(frame.function)}}

    def _location(self, function: str, file: str | None, line: int) -> dict:
        location: dict = {"logicalLocations": [{"fullyQualifiedName": printable(function), "kind": "function"}]}
        if file is not None:
            artifact = {"uri": quote(self.prefix + file), "uriBaseId": _ROOT}
            location["physicalLocation"] = {"artifactLocation": artifact, "region": {"startLine": max(line, 1)}}
        return location


def _rule(kind: str) -> dict:
    wait = WAITS[kind]
    return {
        "id": kind,
        "name": "".join(part.capitalize() for part in kind.split("-")),
        "shortDescription": {"text": f"Goroutines blocked: {wait}"},
        "fullDescription": {"text": f"Goroutines that wait in a {wait}, with evidence that the wait will not end."},
        "help": {"text": f"goleak-lsp explain {kind} tells what this kind of leak is and what ends it."},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["goroutine", "leak"]},
    }


def _invocation(problems: Sequence[str]) -> dict:
    notes = [{"level": "warning", "message": {"text": printable(text)}} for text in problems]
    return {"executionSuccessful": not notes, "toolExecutionNotifications": notes}
