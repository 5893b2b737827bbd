"""Offers a leak test for a finding, or says why there is none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import count
from pathlib import Path

from goleak_lsp.analysis.findings import Finding, at_or_above
from goleak_lsp.fixes.model import Offer, Target
from goleak_lsp.fixes.registry import MAX_FILES, Current, offers_for, place_of, target_of
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.constraints import constraint_of
from goleak_lsp.golang.package import Located, Package
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.leaktest.bubble import belongs_to_test
from goleak_lsp.leaktest.direct import direct
from goleak_lsp.leaktest.entry import NOT_CALLED, Reach, entries, holding, key_of, name_of, wanted_by
from goleak_lsp.leaktest.scenario import Scenario, scenario
from goleak_lsp.leaktest.styles import GOLEAK_PATH, Place, render, style_of
from goleak_lsp.placing.files import SourceTree


class LeakTest(Frozen):
    """A new test file; ``function`` is what it calls, ``place`` what it watches."""

    path: Path
    text: str
    name: str
    function: str
    place: Place
    style: str


class Refused(Frozen):
    """Why there is no leak test."""

    reason: str


def leak_test(
    finding: Finding,
    file: GoFile,
    at: int,
    tree: SourceTree,
    current: Current,
    others: Iterable[Finding] = (),
    not_called: Collection[str] = NOT_CALLED,
) -> LeakTest | Refused:
    """A test for the finding whose operation begins at the byte ``at`` of ``file``; ``others`` are all findings."""
    if not at_or_above(finding.evidence, "growing"):
        return Refused("nothing shows that it is a leak")
    target = target_of(finding, file, at, tree, current)
    if target is None:
        return Refused("it is not sure where the goroutines are blocked")
    if finding.kind == "busy-loop" or target.operation.has_default:
        return Refused("it spins: once that is fixed it may wait, and be right to")
    offer = next(iter(offers_for(finding, file, at, tree, current)), None)
    package = target.package
    chosen = _choose(finding, target, offer, not_called)
    if chosen is None:
        return Refused("no function that leads to the leak can be called with values that a test has")
    function, found, reached = chosen
    path = target.path.with_name(f"{target.path.stem}_leak_test.go")
    name = _free(f"Test{_capital(name_of(function))}EndsItsGoroutines", path.parent, current)
    if path.exists():
        return Refused(f"there is {path.name} already")
    alone = not _shared(finding, reached, others)
    in_bubble = alone and finding.kind in _DURABLE and belongs_to_test(package, reached, found)
    style = style_of(target.go_version, _uses_goleak(path, tree), in_bubble, finding.evidence == "leaked")
    place = Place(_function(finding), f"{target.path.name}:{file.lines.line_of(at)}")
    text = render(file.package, name, place, found, style, constraint_of(target.path, file.data))
    return LeakTest(path, text, name, name_of(function), place, style)


_DURABLE = {
    "chan-send", "chan-receive", "chan-range", "select", "waitgroup-wait", "cond-wait", "sleep",
    "nil-chan-send", "nil-chan-receive", "select-empty",
}  # fmt: skip
"""Kinds that end a bubble of testing/synctest where nothing outside it can wake them."""


def _shared(finding: Finding, reached: list[Located], others: Iterable[Finding]) -> bool:
    """Whether a goroutine of another finding would be left by the same calls."""
    for other in others:
        path, span = place_of(other)
        if other.id != finding.id and any(
            f.path == path and f.node.start_byte <= span[0] < f.node.end_byte for f in reached
        ):
            return True
    return False


class _Choice(Frozen):
    """What a test does, the function that it is named after, and all functions that it gets to."""

    function: Located
    scenario: Scenario
    reached: list[Located]


def _choose(finding: Finding, target: Target, offer: Offer | None, not_called: Collection[str]) -> _Choice | None:
    package = target.package
    blocked = holding(target.path, target.file, target.operation.start)
    if blocked is None:
        return None
    reach = Reach(package)
    wanted = wanted_by([blocked, *_creators(finding, package)], reach, offer)
    for function in entries(reach, wanted, not_called):
        for caller, calls in _callers(package, function):
            if found := scenario(caller, calls):
                return _Choice(function, found, reach.all_from(function))
    # What no function does alone, one may do that calls several.
    for caller in entries(reach, wanted, ()):
        calls = [c for c in reach.calls_in(caller, package) if reach.from_(key_of(c.function)) & wanted.functions]
        if wanted.changed & {key_of(c.function) for c in calls}:
            continue
        if found := scenario(caller, [c.node for c in calls]):
            return _Choice(blocked, found, [f for c in calls for f in reach.all_from(c.function)])
    edited = wanted_by([blocked], reach, offer)
    within = offer is not None and edited.functions == {key_of(blocked)} and not edited.changed
    found = direct(blocked, target, package) if within else None
    return _Choice(blocked, found, reach.all_from(blocked)) if found else None


def _callers(package: Package, function: Located) -> list[tuple[Located, list]]:
    """The functions that call another, and their calls of it."""
    by_caller: dict[int, tuple[Located, list]] = {}
    for use in package.calls(function) or ():
        caller = holding(use.path, use.file, use.node.start_byte)
        if caller is not None and caller.node.id != function.node.id:
            by_caller.setdefault(caller.node.id, (caller, []))[1].append(use.node)
    return list(by_caller.values())


def _creators(finding: Finding, package: Package) -> list[Located]:
    """The functions that started the goroutines, if they are this package's."""
    names = {re.sub(r"\.(func|gowrap).*$", "", s.created_by.function).rpartition(".")[2]
             for s in finding.samples if s.created_by}  # fmt: skip
    return [f for f in map(package.function, sorted(names)) if f is not None]


def _function(finding: Finding) -> str:
    """The innermost function that is not the runtime's, without its package."""
    if finding.placement.path is not None:
        return finding.placement.anchor.function
    frame = next((f for f in finding.stack if not f.function.startswith(("runtime.", "internal/"))), finding.stack[0])
    return frame.function.rpartition("/")[2].partition(".")[2]


def _uses_goleak(path: Path, tree: SourceTree) -> bool:
    folder = next((m.dir for m in tree.modules if path.is_relative_to(m.dir)), None)
    if folder is None:
        return False
    try:
        text = (folder / "go.mod").read_text("utf-8", "replace")
    except OSError:
        return False
    found = re.search(rf"^\s*(?:require\s+)?{re.escape(GOLEAK_PATH)}\s+v(.*)", text, re.MULTILINE)
    # What only a dependency uses is not this module's style, and its sums may be missing.
    return found is not None and "// indirect" not in found[1]


def _free(name: str, folder: Path, current: Current) -> str:
    """The name of a test that no test of the folder has: the same function may leak in two files."""
    files = (current(path) for path in sorted(folder.glob("*_test.go"))[:MAX_FILES])
    taken = {found for file in files if file for found in re.findall(rb"^func (\w+)\(", file.data, re.MULTILINE)}
    return next(free for n in count(1) if (free := name if n == 1 else f"{name}{n}").encode() not in taken)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
