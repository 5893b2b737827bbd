"""All quick fixes, best first. A fix is a module with ``NAME`` and ``offer(target)``."""

from __future__ import annotations

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.fixes import buffer_of_one, done_case, timeout_case
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import EXACT, MOVED

FIXES = (buffer_of_one, done_case, timeout_case)
"""The modules, in the order in which their offers are shown where several apply."""

MAX_OFFERS = 5


def offers(finding: Finding, tree: SourceTree) -> list[Offer]:
    """The fixes for one finding, safe ones first; none where the place is not sure."""
    target = target_of(finding, tree)
    if target is None:
        return []
    found = [offer for fix in FIXES if (offer := fix.offer(target))]
    return sorted(found, key=lambda offer: not offer.safe)[:MAX_OFFERS]


def target_of(finding: Finding, tree: SourceTree) -> Target | None:
    """The operation that a finding stands on, or None where the place is not sure."""
    placement = finding.placement
    if placement.confidence not in (EXACT, MOVED) or placement.operation is None:
        return None
    file = tree.read(placement.path)
    if file is None or file.has_errors or b"DO NOT EDIT" in file.data[:2048]:
        return None
    function = file.functions[placement.operation.function]
    return Target(placement.path, file, function, placement.operation, finding.kind, finding.evidence)
