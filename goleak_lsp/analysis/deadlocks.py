"""Goroutines of one snapshot that hold each other, shown by the locks in the source.

Three roots: a goroutine that waits for a lock that it holds itself; a ring of goroutines each of
which holds what the next one waits for; and a goroutine that holds a lock while it waits for a
message that only those who want the lock could send. Who waits for a lock of theirs is a victim.

Two expressions that name one field may mean different objects. A ring of such locks counts
only if nobody else holds one of them, so that each goroutine in it must wait for another.
"""

from __future__ import annotations

from collections.abc import Iterator

from goleak_lsp.analysis.locks import Parties, Party, Taken, conflicts, same_object
from goleak_lsp.analysis.messages import is_jammed
from goleak_lsp.analysis.stacks import Stacks
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.locking import WRITE
from goleak_lsp.golang.things import Thing, is_single
from goleak_lsp.placing.place import PlaceKey

MAX_HOLDERS = 3
TWICE, RING, MESSAGE, VICTIM = "twice", "ring", "message", "victim"


class Link(Frozen):
    """One who holds: the lock taken there, and what it waits for itself (None for a message)."""

    party: Party
    taken: Taken
    waits: Thing | None


class Deadlock:
    """What holds ``count`` goroutines at one place; ``ring`` are the goroutines at the root of it."""

    def __init__(self, how: str, ring: tuple[Link, ...], waits: Thing | None) -> None:
        self.how, self.ring, self.waits = how, ring, waits
        self.count = 0

    @property
    def is_victim(self) -> bool:
        """Whether they wait for a lock that others hold who are deadlocked themselves."""
        return self.how == VICTIM


def holders_of(parties: Parties) -> dict[PlaceKey, tuple[Link, ...]]:
    """Who surely holds the lock that the goroutines at a place wait for, whether dead or not."""
    found: dict[PlaceKey, tuple[Link, ...]] = {}
    for party in parties.all:
        if party.waits is not None:
            others = (p for p in parties.holders(party.waits) if p is not party)
            links = [Link(p, t, p.waits) for p in others for t in p.holding(party.waits)]
            placement = party.standing.placement
            found.setdefault(placement.key, tuple(links[:MAX_HOLDERS]))
    return found


def deadlocks_of(parties: Parties) -> dict[PlaceKey, Deadlock]:
    """The deadlocked goroutines of one snapshot, by place; roots before victims."""
    if not parties.all:
        return {}
    roots = _Finder(parties, parties.stacks).roots()
    found: dict[PlaceKey, Deadlock] = {}
    for how, ring in roots:
        for link in ring:
            _add(found, link.party, Deadlock(how, ring, link.party.waits))
    _add_victims(found, parties, roots)
    return found


def _add(found: dict[PlaceKey, Deadlock], party: Party, deadlock: Deadlock) -> None:
    placement = party.standing.placement
    known = found.setdefault(placement.key, deadlock)
    known.count += party.count


def _add_victims(found: dict[PlaceKey, Deadlock], parties: Parties, roots: list) -> None:
    """Adds who waits for a lock that a dead goroutine holds, and then who waits for them."""
    dead = {id(link.party): ring for _, ring in roots for link in ring}
    changed = True
    while changed:
        changed = False
        for party in parties.all:
            if party.waits is None or id(party) in dead or not party.blocked:
                continue
            holders = [p for p in parties.holders(party.waits) if p is not party]
            sure = [p for p in holders if id(p) in dead and p.holding(party.waits)]
            # A field may be another object's, unless only dead goroutines hold any.
            if sure and (party.waits.is_one or (all(id(p) in dead for p in holders) and parties.shows(party.waits))):
                ring = dead[id(sure[0])]
                dead[id(party)] = ring
                _add(found, party, Deadlock(VICTIM, ring, party.waits))
                changed = True


class _Finder:
    def __init__(self, parties: Parties, stacks: Stacks) -> None:
        self.parties, self.stacks = parties, stacks
        self.waiting = [p for p in parties.all if p.waits is not None and p.blocked]
        self.wanted_by_writers = {p.waits for p in self.waiting if p.mode == WRITE}

    def roots(self) -> list[tuple[str, tuple[Link, ...]]]:
        """The roots that share no goroutine, strongest reasoning first."""
        found: list[tuple[str, tuple[Link, ...]]] = []
        used: set[int] = set()
        for how, ring in [*self._twice(), *self._rings(), *self._messages()]:
            if not any(id(link.party) in used for link in ring):
                used |= {id(link.party) for link in ring}
                found.append((how, ring))
        return found

    def _twice(self) -> Iterator[tuple[str, tuple[Link, ...]]]:
        for party in self.waiting:
            for taken in party.holds:
                # That a reader is blocked at all although readers hold the lock means that a writer waits.
                if taken.thing == party.waits and self._is_its_own(party, taken):
                    yield TWICE, (Link(party, taken, party.waits),)
                    break

    def _is_its_own(self, party: Party, taken: Taken) -> bool:
        """Whether a goroutine waits for the very lock that it took."""
        if taken.held.turn:
            # The first turn may wait for somebody else, but then somebody else holds it.
            certain = self.stacks.has_states or taken.held.turn == "always"
            return certain and taken.held.receiver == party.receiver and self._is_left_to_waiters(party.waits)
        if not taken.held.sure:
            return False
        if same_object(party, taken) or self._is_single(taken):
            return True
        alone = party.count == 1 and self.parties.holders(party.waits) == [party] and self.parties.shows(party.waits)
        return self.stacks.has_states and alone

    def _is_left_to_waiters(self, thing: Thing) -> bool:
        holders = self.parties.holders(thing)
        blocked = all(p.blocked and p.waits == thing for p in holders)
        return blocked and not self.stacks.unseen and self.parties.shows(thing)

    def _is_single(self, taken: Taken) -> bool:
        """Whether there is one such lock in the process: a variable, or the field of the only value."""
        packages = self.stacks.packages
        return taken.thing.is_one or packages.fact(is_single, packages.of(taken.spot.path), taken.thing)

    def _rings(self) -> Iterator[tuple[str, tuple[Link, ...]]]:
        for party in self.waiting:
            ring = self._ring_from(party)
            if ring and (all(self._is_single(link.taken) for link in ring) or self._is_closed(ring)):
                yield RING, ring

    def _ring_from(self, first: Party) -> tuple[Link, ...]:
        """The shortest way from a waiting goroutine over holders back to itself."""
        paths: list[tuple[Link, ...]] = [()]
        seen: set[int] = set()
        at: list[Party] = [first]
        while paths:
            following, parties = [], []
            for path, party in zip(paths, at, strict=True):
                for holder, taken in self._holders(party):
                    link = (*path, Link(holder, taken, holder.waits))
                    if holder is first:
                        return link
                    if id(holder) not in seen:
                        seen.add(id(holder))
                        following.append(link)
                        parties.append(holder)
            paths, at = following, parties
        return ()

    def _holders(self, party: Party) -> Iterator[tuple[Party, Taken]]:
        """Waiting goroutines that surely hold what ``party`` waits for."""
        for other in self.parties.holders(party.waits):
            if other.waits is None or not other.blocked or (other is party and other.count < 2):
                continue
            for taken in other.holding(party.waits):
                if conflicts(taken.held.mode, party.mode, party.waits in self.wanted_by_writers):
                    yield other, taken
                    break

    def _is_closed(self, ring: tuple[Link, ...]) -> bool:
        """Whether each of the ring must wait for another: nobody else may hold such a lock."""
        things = {link.taken.thing for link in ring} | {link.party.waits for link in ring}
        holders = (party for thing in things for party in self.parties.holders(thing))
        if not all(party.blocked and party.waits in things for party in holders):
            return False
        if not all(self.parties.shows(thing) for thing in things):
            return False
        if self.stacks.unseen or sum(link.party.count for link in ring) < 2:
            return False
        return self.stacks.has_states or not any(_is_ordered(link) for link in ring)

    def _messages(self) -> Iterator[tuple[str, tuple[Link, ...]]]:
        wanted = {p.waits for p in self.waiting}
        for party in self.parties.all:
            if party.waits is not None or not party.blocked:
                continue
            for taken in party.holds:
                if taken.held.sure and taken.thing in wanted and is_jammed(party, taken, self.waiting, self.stacks):
                    yield MESSAGE, (Link(party, taken, None),)
                    break


def _is_ordered(link: Link) -> bool:
    """Whether locks of one type may be taken in an order: down a structure, or sorted by a comparison.

    Without states, who was just given a lock looks as if it waited still; only code that has
    no order is held against it then."""
    taken, waiting = link.taken.spot.routine, link.party.standing.spots[0].routine
    if link.taken.thing != link.party.waits or taken.key != waiting.key:
        return False
    if link.taken.spot.index != link.party.standing.spots[0].index:
        return True
    text = taken.file.text_of(taken.function)
    return any(word in text for word in (" < ", " > ", "sort", "Sort"))
