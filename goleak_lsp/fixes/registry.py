"""The fixes that are offered for a finding."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.fixes.alignment import aligned
from goleak_lsp.fixes.catalogue import fixes_for
from goleak_lsp.fixes.model import Holder, Offer, Target
from goleak_lsp.fixes.refusals import refusal
from goleak_lsp.golang.syntax import GoFile, Operation
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import EXACT, MOVED

Current = Callable[[Path], GoFile | None]
"""A file as it is now, in the editor if it is open there."""

MAX_OFFERS = 5

_NO_VERDICT = ("stuck", "crowded")
"""Evidence that a healthy goroutine gives too: it gets nothing that would change what it does."""

MAX_FILES = 400
"""Files of a package that are looked at."""


def offers(finding: Finding, tree: SourceTree) -> list[Offer]:
    """The fixes for one finding in the source as it was placed; none where that is not sure."""
    path, span = place_of(finding)
    file = tree.read(path) if path is not None else None
    return offers_for(finding, file, span[0], tree, tree.read) if file else []


def place_of(finding: Finding) -> tuple[Path | None, tuple[int, int]]:
    """The file and the bytes that fixes start from: the operation, or the likely cause where no line blocks."""
    if finding.placement.path is None and finding.cause is not None:
        return finding.cause.path, finding.cause.span
    return finding.placement.path, finding.placement.span


def offers_for(finding: Finding, file: GoFile, at: int, tree: SourceTree, current: Current) -> list[Offer]:
    """The fixes for one finding whose operation begins at the byte ``at`` of ``file``, safe first.

    None where the place is not sure, or a file that they would change is refused.
    """
    target = target_of(finding, file, at, tree, current)
    if target is None:
        return []
    fixes = fixes_for(target.operation.kind)
    found = [offer for fix in fixes if (offer := offer_of(fix, target)) and _may_make(offer, target, tree)]
    return sorted(found, key=lambda offer: not offer.safe)[:MAX_OFFERS]


def offer_of(fix: ModuleType, target: Target) -> Offer | None:
    """What ``fix`` offers, formatted as gofmt has it; None where it does not apply."""
    offer = fix.offer(target)
    if offer is None:
        return None
    (_, edits), *also = [(path, aligned(_file_of(target, path), edits)) for path, edits in offer.changes]
    return offer._replace(edits=edits, also=tuple(also))


def _file_of(target: Target, path: Path) -> GoFile:
    return target.file if path == target.path else target.package.files[path]


def target_of(finding: Finding, file: GoFile, at: int, tree: SourceTree, current: Current) -> Target | None:
    """What is blocked at the byte ``at`` of ``file``; None where the place is not sure or the file does not parse."""
    placement, path = finding.placement, place_of(finding)[0]
    if path is None or refusal(path, file, tree):
        return None
    if placement.path is None:
        operation = _blamed(finding, file, at)
    elif placement.confidence in (EXACT, MOVED) and placement.operation is not None:
        operation = _operation(placement.operation, file, at)
    else:
        return None
    if operation is None:
        return None
    function = file.functions[operation.function]
    siblings = partial(_siblings, path, file, tree, current)
    tests = partial(_tests, path, tree, current)
    version = _go_version(path, tree)
    target = Target(path, file, function, operation, finding.kind, finding.evidence, siblings, version, tests)
    target.holders = partial(_holders, finding, target, current)
    return target


def _operation(placed: Operation, file: GoFile, at: int) -> Operation | None:
    """What stands at the byte ``at`` now; a library's call or a line that only computes may be no operation."""
    found = next((op for op in file.operations if op.start == at and placed.kind in (op.kind, "call")), None)
    function = file.function_at(at)
    if found is not None or placed.kind not in ("call", "line") or function is None:
        return found
    line, end = file.lines.line_of(at), at + placed.end - placed.start
    return placed._replace(function=function.index, line=line, start=at, end=end)


def _blamed(finding: Finding, file: GoFile, at: int) -> Operation | None:
    """The call that a finding without a place is likely to come from."""
    start, end = finding.cause.span
    function = file.function_at(at)
    line = file.lines.line_of(at)
    return Operation("call", function.index, line, at, at + end - start) if function is not None else None


def _siblings(path: Path, file: GoFile, tree: SourceTree, current: Current) -> dict[Path, GoFile]:
    """The other files of the package that parse, tests only beside a test."""
    is_test = path.name.endswith("_test.go")
    found: dict[Path, GoFile] = {}
    for other in sorted(path.parent.glob("*.go"))[:MAX_FILES]:
        if other.name == path.name or (other.name.endswith("_test.go") and not is_test):
            continue
        real = tree.contains(other)
        parsed = current(real) if real is not None else None
        if parsed is not None and parsed.package == file.package and not parsed.has_errors:
            found[real] = parsed
    return found


def _tests(path: Path, tree: SourceTree, current: Current) -> list[GoFile]:
    """The test files beside a file that is none itself."""
    if path.name.endswith("_test.go"):
        return []
    found = (tree.contains(other) for other in sorted(path.parent.glob("*_test.go"))[:MAX_FILES])
    return [file for real in found if real is not None and (file := current(real)) is not None]


def _holders(finding: Finding, target: Target, current: Current) -> list[Holder]:
    # What only locks have need of is imported for them.
    from goleak_lsp.fixes.holding import holders_in, itself

    return holders_in(finding, target, current) or itself(finding, target)


def _go_version(path: Path, tree: SourceTree) -> str:
    return next((m.go_version for m in tree.modules if path.is_relative_to(m.dir)), "")


def _may_make(offer: Offer, target: Target, tree: SourceTree) -> bool:
    """Whether the evidence carries the offer, and all files that it changes may be edited."""
    if not offer.safe and target.evidence in _NO_VERDICT:
        return False
    files = target.package.files
    return not any(refusal(path, files[path], tree) for path, _ in offer.changes)
