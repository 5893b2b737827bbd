"""The other side of a finding: where it was started, what it waits for, and who should have acted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from goleak_lsp.analysis.stacks import Packages
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.declarations import Declarations, Routine
from goleak_lsp.golang.operands import WAKERS, operands
from goleak_lsp.golang.partners import Partner, makers_of, partners_of
from goleak_lsp.golang.sharing import shared_objects
from goleak_lsp.golang.starts import starts_of
from goleak_lsp.golang.syntax import GoFile, Node, Operation
from goleak_lsp.placing.place import EXACT, MOVED, Placement

if TYPE_CHECKING:
    from goleak_lsp.analysis.deadlocks import Link

MAX_EACH = 3
"""Places of one sort that are shown."""

_DOES = {
    "send": "sent here",
    "receive": "received here",
    "range": "received here",
    "close": "closed here",
    "done": "Done is called here",
    "add": "counted here",
    "unlock": "unlocked here",
}


class Related(Frozen):
    """A place that has to do with a finding, and a few words what; ``line`` counts from 1."""

    path: Path
    line: int
    span: tuple[int, int]
    text: str


def related_to(placement: Placement, links: Sequence[Link], packages: Packages) -> tuple[Related, ...]:
    """The places that have to do with a finding that is surely placed; else none."""
    found = packages.told(_around, placement)
    if not links:
        return found
    # Who holds a lock says more than where it would be given back.
    return (*_jam(links), *(each for each in found if not each.text.endswith(_DOES["unlock"])))


def _around(packages: Packages, placement: Placement) -> tuple[Related, ...]:
    """What the source alone says of a placement."""
    if placement.confidence not in (EXACT, MOVED) or placement.operation is None or placement.path is None:
        return ()
    file = packages.file(placement.path)
    if file is None or placement.operation.function >= len(file.functions):
        return ()
    package = packages.of(placement.path)
    routine = Routine(placement.path, file, file.functions[placement.operation.function])
    return packages.fact(_around_operation, package, routine, placement.operation)


def _around_operation(package: Declarations, routine: Routine, operation: Operation) -> tuple[Related, ...]:
    return tuple(_of_operation(package, routine, operation))


def _of_operation(package: Declarations, routine: Routine, operation: Operation) -> Iterator[Related]:
    for start in starts_of(package, routine)[:MAX_EACH]:
        yield _at(start.path, start.file, start.node, "started here")
    for kind, node in operands(routine.file, operation):
        name = routine.file.text(node)
        for path, file, made in _made(package, routine, node)[:MAX_EACH]:
            yield _at(path, file, made, f"{name} is made here")
        partners = partners_of(package, routine, node) or []
        acting = [p for p in partners if p.action in WAKERS[kind] and p.start != operation.start]
        for partner in acting[:MAX_EACH]:
            yield _partner(partner, name)


def _partner(partner: Partner, name: str) -> Related:
    node = partner.routine.file.node_at(partner.start, partner.end)
    return _at(partner.routine.path, partner.routine.file, node, f"{name}: {_DOES[partner.action]}")


def _made(package: Declarations, routine: Routine, node: Node) -> list[tuple[Path, GoFile, Node]]:
    shared = shared_objects(package, routine, routine.file.text(node), node.start_byte)
    if shared:
        return [(s.owner.path, s.owner.file, s.owner.file.node_at(*s.made)) for s in shared]
    return makers_of(package, routine.file, node)


def _at(path: Path, file: GoFile, node: Node, text: str) -> Related:
    return Related(path, node.start_point.row + 1, (node.start_byte, node.end_byte), text)


def _jam(links: Sequence[Link]) -> Iterator[Related]:
    """Where each lock was taken, and where its holder waits now."""
    for link in links[:MAX_EACH]:
        routine = link.taken.spot.routine
        at = link.taken.held.at
        node = routine.file.node_at(at, at + 1)
        text = f"{link.taken.thing.name} was taken here by {holder_of(link)}"
        yield Related(routine.path, node.start_point.row + 1, (at, node.end_byte), text)
        spot, placement = link.party.standing.spots[0], link.party.standing.placement
        if placement.path == spot.path and placement.line:
            what = f"for {link.waits.name}" if link.waits is not None else "with the lock in hand"
            yield Related(spot.path, placement.line, placement.span, f"and waits here {what}")


def holder_of(link: Link) -> str:
    """The function that took the lock, by its name in the package."""
    return link.taken.spot.routine.function.name
