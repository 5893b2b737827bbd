"""Who holds which lock and who waits for it, in one snapshot: the material of deadlocks.

A goroutine holds what the functions on its stack have taken and not given back at the places
where they stand. It waits for the lock whose ``Lock`` it is blocked in.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from goleak_lsp.analysis.stacks import Packages, Spot, Stacks, Standing
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.declarations import Declarations, Routine
from goleak_lsp.golang.lending import is_hidden
from goleak_lsp.golang.locking import READ, WRITE, Held, held_at
from goleak_lsp.golang.operands import operands
from goleak_lsp.golang.syntax import GoFile, Operation
from goleak_lsp.golang.things import Thing, lock_of
from goleak_lsp.placing.place import EXACT, MOVED, Placement
from goleak_lsp.profile.kinds import LOCKS

_MODES = {"mutex-lock": WRITE, "rwmutex-rlock": READ}


class Taken(Frozen):
    """A lock that a goroutine holds, and the frame whose function took it."""

    held: Held
    spot: Spot

    @property
    def thing(self) -> Thing:
        return self.held.thing


class Party:
    """The goroutines of one sample: what they hold, and the lock that they wait for if any.

    ``receiver`` is the source of the lock's expression at the blocked ``Lock``; ``blocked``
    whether nothing speaks against their being blocked.
    """

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.holds: Sequence[Taken] = ()
        self.waits: Thing | None = None
        self.mode = self.receiver = ""

    @property
    def count(self) -> int:
        return self.standing.sample.count

    @property
    def blocked(self) -> bool:
        return not self.standing.sample.state.startswith(("runnable", "running"))

    def holding(self, thing: Thing) -> list[Taken]:
        """The places where they surely took the lock."""
        return [t for t in self.holds if t.thing == thing and t.held.sure]


class Parties:
    """Everyone in a snapshot who holds or waits for a lock that the source names."""

    def __init__(self, stacks: Stacks) -> None:
        self.stacks = stacks

    @cached_property
    def all(self) -> list[Party]:
        """Those who hold or wait for something; nobody where no one waits for a lock."""
        if not any(_names_lock(group.placement) for group in self.stacks.observation.groups.values()):
            return []
        found = map(self._party, (standing for standing in self.stacks.standing if standing.spots))
        return [party for party in found if party is not None and (party.holds or party.waits)]

    @cached_property
    def _holders(self) -> dict[Thing, list[Party]]:
        found: dict[Thing, list[Party]] = {}
        for party in self.all:
            for thing in {taken.thing for taken in party.holds}:
                found.setdefault(thing, []).append(party)
        return found

    def holders(self, thing: Thing) -> list[Party]:
        """Those who may hold a lock."""
        return self._holders.get(thing, [])

    def shows(self, thing: Thing) -> bool:
        """Whether everyone who holds a lock is among its ``holders``, and by no other name."""
        packages = [p for p in self._packages if thing in self._packages[p]]
        return not any(self.stacks.packages.fact(is_hidden, package, thing) for package in packages)

    @cached_property
    def _packages(self) -> dict[Declarations, set[Thing]]:
        """The locks that each package's frames take or wait for."""
        found: dict[Declarations, set[Thing]] = {}
        for party in self.all:
            for taken in party.holds:
                found.setdefault(self.stacks.packages.of(taken.spot.path), set()).add(taken.thing)
            if party.waits is not None:
                found.setdefault(self.stacks.packages.of(party.standing.spots[0].path), set()).add(party.waits)
        return found

    def _party(self, standing: Standing) -> Party | None:
        held, names_lock = self.stacks.packages.told(_held, standing.spots), _names_lock(standing.placement)
        if not held and not names_lock:
            return None
        party = Party(standing)
        # Cond.Wait gives its own lock back while it waits, and which one that is, the source seldom tells.
        waits = standing.placement.kind == "cond-wait"
        party.holds = [t for t in held if t.spot is not standing.spots[0]] if waits else held
        if names_lock:
            operation, spot = standing.placement.operation, standing.spots[0]
            packages = self.stacks.packages
            party.waits = packages.fact(_lock, packages.of(spot.path), spot.routine.file, operation)
            party.mode, party.receiver = _MODES[operation.kind], "".join(operation.operand.split())
        return party


def _held(packages: Packages, spots: tuple[Spot, ...]) -> tuple[Taken, ...]:
    """What a goroutine that stands at ``spots`` holds."""
    return tuple(taken for spot in spots for taken in packages.told(_held_at, spot))


def _held_at(packages: Packages, spot: Spot) -> tuple[Taken, ...]:
    """What the function of one frame has taken and not given back; the same frame is on many stacks."""
    if spot.routine is None:
        return ()
    package = packages.of(spot.path)
    if spot.offset is None:
        held = packages.fact(_anywhere, package, spot.routine)
    else:
        held = packages.fact(held_at, package, spot.routine, spot.offset)
    return tuple(Taken(each, spot) for each in held)


def _names_lock(placement: Placement) -> bool:
    if placement.kind not in LOCKS or placement.confidence not in (EXACT, MOVED):
        return False
    return placement.operation is not None and placement.operation.kind in _MODES


def _lock(package: Declarations, file: GoFile, operation: Operation) -> Thing | None:
    """The lock that a ``Lock`` or ``RLock`` is about."""
    [(_, receiver)] = operands(file, operation)
    return lock_of(package, file, receiver)


def _anywhere(package: Declarations, routine: Routine) -> list[Held]:
    """What a goroutine may hold that stands at an unknown place of a function."""
    found = []
    node = routine.node.child_by_field_name("body")
    for operation in routine.file.operations if node is not None else ():
        if operation.function == routine.function.index and operation.kind in _MODES:
            thing = _lock(package, routine.file, operation)
            if thing is not None:
                found.append(Held(thing, _MODES[operation.kind], operation.operand, operation.start, False))
    return found


def conflicts(held_mode: str, wanted_mode: str, writer_waits: bool) -> bool:
    """Whether a lock held so keeps one who wants it so waiting: readers share, but they queue
    behind a writer who waits."""
    return held_mode == WRITE or wanted_mode == WRITE or writer_waits


def same_object(party: Party, taken: Taken) -> bool:
    """Whether the lock that a goroutine took in one of its frames is the very one it waits for:
    the value is followed from call to call, as receiver, argument or captured variable."""
    if taken.thing.is_one:
        return True
    base, _, rest = taken.held.receiver.partition(".")
    spots = list(party.standing.spots)
    inner = spots[: spots.index(taken.spot)]
    outer = taken.spot
    for spot in reversed(inner):
        base = _handed(outer, spot, base) if base else ""
        outer = spot
    wanted, _, wanted_rest = party.receiver.partition(".")
    # An embedded lock may be written with the field's name or without.
    return bool(base) and base == wanted and (rest == wanted_rest or not rest or not wanted_rest)


def _handed(outer: Spot, inner: Spot, name: str) -> str:
    """The name in ``inner`` of what ``outer`` calls ``name``; empty where that cannot be told."""
    if outer.routine is None or inner.routine is None or outer.offset is None:
        return ""
    if inner.path == outer.path and _is_inside(inner.routine, outer.routine):
        return name
    call = outer.routine.file.node_at(outer.offset, outer.offset + 1)
    while call is not None and call.type != "call_expression":
        call = call.parent
    while call is not None and call.parent is not None and call.parent.start_byte == call.start_byte:
        if call.parent.type not in ("call_expression", "selector_expression"):
            break
        call = call.parent
    if call is None or call.type != "call_expression":
        return ""
    file, called = outer.routine.file, call.child_by_field_name("function")
    if called.type == "selector_expression" and file.text(called.child_by_field_name("operand")) == name:
        return _receiver_name(inner.routine)
    for index, argument in enumerate(call.child_by_field_name("arguments").named_children):
        if file.text(argument).lstrip("&") == name:
            return _parameter_name(inner.routine, index)
    return ""


def _is_inside(inner: Routine, outer: Routine) -> bool:
    return outer.function.start < inner.function.start and inner.function.end <= outer.function.end


def _receiver_name(routine: Routine) -> str:
    receiver = routine.node.child_by_field_name("receiver")
    declared = receiver.named_children[0] if receiver is not None and receiver.named_children else None
    name = declared.child_by_field_name("name") if declared is not None else None
    return routine.file.text(name) if name is not None else ""


def _parameter_name(routine: Routine, index: int) -> str:
    names = [
        routine.file.text(name)
        for declared in routine.node.child_by_field_name("parameters").named_children
        for name in declared.children_by_field_name("name")
    ]
    return names[index] if index < len(names) else ""
