"""All quick fixes, best first. A fix is a module with ``NAME`` and ``offer(target)``."""

from __future__ import annotations

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.fixes import buffer_of_one, done_case, timeout_case
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import EXACT, MOVED

FIXES = (buffer_of_one, done_case, timeout_case)
"""The modules, in the order in which their offers are shown where several apply."""

MAX_OFFERS = 5


def offers(finding: Finding, tree: SourceTree) -> list[Offer]:
    """The fixes for one finding in the source as it was placed; none where that is not sure."""
    file = tree.read(finding.placement.path) if finding.placement.path else None
    return offers_for(finding, file, finding.placement.span[0]) if file else []


def offers_for(finding: Finding, file: GoFile, at: int) -> list[Offer]:
    """The fixes for one finding whose operation begins at the byte ``at`` of ``file``, safe first.

    None where the place is not sure, the file does not parse or a generator wrote it.
    """
    target = _target(finding, file, at)
    if target is None:
        return []
    found = [offer for fix in FIXES if (offer := fix.offer(target))]
    return sorted(found, key=lambda offer: not offer.safe)[:MAX_OFFERS]


def _target(finding: Finding, file: GoFile, at: int) -> Target | None:
    placement = finding.placement
    if placement.confidence not in (EXACT, MOVED) or placement.operation is None:
        return None
    if file.has_errors or b"DO NOT EDIT" in file.data[:2048]:
        return None
    kind = placement.operation.kind
    operation = next((op for op in file.operations if op.start == at and op.kind == kind), None)
    if operation is None:
        return None
    function = file.functions[operation.function]
    return Target(placement.path, file, function, operation, finding.kind, finding.evidence)
