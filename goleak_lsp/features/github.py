"""The report as workflow commands of GitHub Actions: an annotation a finding.

Everything that is not ours is escaped: a name in a profile must not become a command.
"""

from __future__ import annotations

from collections.abc import Sequence

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.analysis.ignoring import user_frame
from goleak_lsp.features.words import message
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.settings import Severity
from goleak_lsp.text import printable

LEVELS = {"error": "error", "warning": "warning", "information": "notice", "hint": "notice", "off": "notice"}
_MAX_MESSAGE = 4000


class Annotations:
    """Makes the lines; ``prefix`` leads from the root of the repository to that of the tree."""

    def __init__(self, tree: SourceTree, severity: Severity, prefix: str, labels: bool) -> None:
        self.tree, self.severity, self.prefix, self.labels = tree, severity, prefix, labels

    def lines(self, findings: Sequence[Finding], problems: Sequence[str]) -> list[str]:
        """A line a finding, and one a problem, which stands at no place."""
        lines = [self._line(finding) for finding in findings]
        return lines + [f"::warning title=goleak-lsp::{_data(text)}" for text in problems]

    def _line(self, finding: Finding) -> str:
        # A stack of libraries alone is blamed on the line that the source shows, if it does.
        place = finding.placement if finding.placement.path else finding.cause
        properties = {"title": f"{finding.evidence}: {finding.count} in {user_frame(finding).function}"}
        if place is not None and place.path:
            properties = {"file": self.prefix + self.tree.relative(place.path), "line": str(place.line)} | properties
        listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        level = LEVELS[getattr(self.severity, finding.evidence)]
        return f"::{level} {listed}::{_data(message(finding) + self._labels(finding))}"

    def _labels(self, finding: Finding) -> str:
        pairs = dict.fromkeys(f"{k}={v}" for sample in finding.samples for k, v in sample.labels)
        return f"; labels: {', '.join(list(pairs)[:20])}" if self.labels and pairs else ""


def _data(text: str) -> str:
    return printable(text, _MAX_MESSAGE).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
