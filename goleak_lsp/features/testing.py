"""What helps to test the code of a finding: a leak test, and a goroutine that can be ended and waited for."""

from __future__ import annotations

from collections.abc import Iterable

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.features.marked import Marked
from goleak_lsp.features.values import LEAK_TEST, MAKE_TESTABLE, Testing
from goleak_lsp.fixes.registry import Current, target_of
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.leaktest.make_testable import make_testable
from goleak_lsp.leaktest.offer import LeakTest, leak_test
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.text import Edit


def testing(
    mark: Marked, file: GoFile, tree: SourceTree, current: Current, findings: Iterable[Finding]
) -> list[Testing]:
    """What can be offered once it is built and vetted; ``findings`` are all that there are."""
    finding, found = mark.finding, []
    test = leak_test(finding, file, mark.start, tree, current, findings)
    if isinstance(test, LeakTest):
        title = f"Write a leak test for {test.function} ({test.path.name})"
        found.append(Testing(finding.id, LEAK_TEST, title, ((test.path, (Edit(0, 0, test.text),)),), test.path))
    else:
        found.append(Testing(finding.id, LEAK_TEST, "Write a leak test", (), refused=test.reason))
    target = target_of(finding, file, mark.start, tree, current)
    change = make_testable(target) if target is not None else None
    if change is not None:
        found.append(Testing(finding.id, MAKE_TESTABLE, change.title, ((target.path, change.edits),), at=change.at))
    return found
