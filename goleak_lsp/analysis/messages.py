"""Whether a goroutine waits, with a lock in hand, for a message that only those who want the
lock could send."""

from __future__ import annotations

from goleak_lsp.analysis.locks import Party, Taken
from goleak_lsp.analysis.stacks import Stacks
from goleak_lsp.golang.declarations import Declarations
from goleak_lsp.golang.locking import held_at
from goleak_lsp.golang.operands import WAKERS, operands
from goleak_lsp.golang.partners import Partner, partners_of
from goleak_lsp.golang.reach import can_reach
from goleak_lsp.golang.things import Thing
from goleak_lsp.placing.place import EXACT, MOVED


def is_jammed(party: Party, taken: Taken, waiting: list[Party], stacks: Stacks) -> bool:
    """Whether every function that could wake ``party`` needs the lock first, or is run by nobody
    but goroutines that wait for it."""
    placement = party.standing.placement
    if placement.confidence not in (EXACT, MOVED) or placement.operation is None or stacks.unseen:
        return False
    spot = party.standing.spots[0]
    waits = operands(spot.routine.file, placement.operation)
    package = stacks.packages.of(spot.path)
    # Another object's lock would not be in the way of anybody who wants this one.
    wanting = [p for p in waiting if p.waits == taken.thing]
    if not waits or not wanting:
        return False
    wakers: list[Partner] = []
    for kind, node in waits:
        partners = partners_of(package, spot.routine, node)
        if partners is None:
            return False
        wakers += [p for p in partners if p.action in WAKERS[kind]]
    held_up = [_is_held_up(package, waker, party, taken.thing, wanting, stacks) for waker in wakers]
    return bool(held_up) and all(held_up)


def _is_held_up(
    package: Declarations, waker: Partner, party: Party, lock: Thing, wanting: list[Party], stacks: Stacks
) -> bool:
    """Whether nobody gets to this partner while the lock is held."""
    if any(held.thing == lock and held.sure for held in held_at(package, waker.routine, waker.start)):
        return True
    waits = {id(p.standing) for p in wanting if p.blocked}
    near = []
    for standing in stacks.by_file.get(waker.routine.path, ()):
        if standing is party.standing:
            continue
        for spot in standing.spots:
            if spot.routine is None or (
                spot.routine.key == waker.routine.key and can_reach(spot.routine, spot.offset, waker.start)
            ):
                near.append(standing)
    return bool(near) and all(id(standing) in waits for standing in near)
