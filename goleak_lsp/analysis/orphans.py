"""Goroutines that nobody is left to wake, shown by one snapshot and the source.

The object that they wait for belongs to one activation of a function. Everyone who could wake
them stands, if alive, in that function, its closures or the functions that it handed the
object to; so the goroutines that stand there are counted, and those beyond what the living
could own are orphaned. Goroutines that wait for each other wake nobody: first all are taken for
dead, then those that a living one could wake are taken back, until nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from goleak_lsp.analysis.observation import Group
from goleak_lsp.analysis.stacks import CUT_DEPTH, Packages, Spot, Stacks, Standing
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.declarations import Routine
from goleak_lsp.golang.names import lookup
from goleak_lsp.golang.operands import WAKERS, operands
from goleak_lsp.golang.reach import can_reach, has_goto
from goleak_lsp.golang.scope import below
from goleak_lsp.golang.sharing import Shared, Use, runs_once_per_object, shared_objects
from goleak_lsp.golang.syntax import GoFile, Node, Operation
from goleak_lsp.golang.things import is_global
from goleak_lsp.placing.place import EXACT, MOVED, PlaceKey, Placement
from goleak_lsp.profile.model import Sample

_FEW = 4
"""Goroutines that may be woken by one that ends, and then wait for a processor."""


class Orphans(Frozen):
    """How many goroutines at a place nobody can wake, and why.

    ``shared`` are the objects that they wait for, ``living`` the goroutines that could still
    wake some, ``wakers`` the uses that would have.
    """

    count: int
    shared: tuple[Shared, ...]
    living: int
    wakers: tuple[Use, ...]


class _Suspect:
    """A place whose every object is known; ``dead`` is how many of ``count`` are orphaned so far.

    ``once``: for each object one goroutine at most waits here.
    """

    def __init__(
        self, key: PlaceKey, routine: Routine, objects: list[tuple[Shared, tuple[str, ...]]], once: bool, count: int
    ) -> None:
        self.key, self.routine, self.objects, self.once = key, routine, objects, once
        self.count = self.dead = count
        self.living = 0


def orphans_of(stacks: Stacks, deadlocked: Mapping[PlaceKey, int]) -> dict[PlaceKey, Orphans]:
    """The orphaned goroutines of one snapshot, by place; the ``deadlocked`` ones wake nobody either."""
    groups = stacks.observation.groups
    hopeless = {key: Orphans(n, (), 0, ()) for key, group in groups.items() if (n := _without_partner(stacks, group))}
    # Whoever is missing from the snapshot could wake the others.
    candidates = {} if stacks.observation.profile.partial else {k: g for k, g in groups.items() if k not in hopeless}
    suspects = {key: suspect for key, group in candidates.items() if (suspect := _suspect(stacks, key, group))}
    # Each round can only take goroutines back, so it ends.
    known = {key: group.count for key, group in groups.items() if key in hopeless} | dict(deadlocked)
    dead = known | {key: max(s.dead, known.get(key, 0)) for key, s in suspects.items()}
    changed = True
    while changed:
        changed = False
        for suspect in suspects.values():
            if _review(suspect, dead, stacks):
                dead[suspect.key] = max(suspect.dead, known.get(suspect.key, 0))
                changed = True
    return hopeless | {s.key: _orphans(s) for s in suspects.values() if s.dead}


def _without_partner(stacks: Stacks, group: Group) -> int:
    """How many wait for what nobody else can even name: a nil channel, a channel made in the
    operation itself, a select without cases that is not main's."""
    kind, operation = group.placement.kind, group.placement.operation
    if kind == "select-empty":
        return sum(s.count for s in group.samples if not _may_be_main(s))
    if kind.startswith("nil-chan"):
        return group.count
    if operation is None or operation.in_select or operation.kind not in ("chan-send", "chan-receive", "chan-range"):
        return 0
    return group.count if operation.operand.startswith("make(chan") else 0


def _orphans(suspect: _Suspect) -> Orphans:
    wakers = tuple(u for shared, actions in suspect.objects for u in shared.uses if u.action in actions)
    return Orphans(suspect.dead, tuple(shared for shared, _ in suspect.objects), suspect.living, wakers)


def _may_be_main(sample: Sample) -> bool:
    return sample.cut or len(sample.stack) >= CUT_DEPTH or any(frame.function == "main.main" for frame in sample.stack)


def _suspect(stacks: Stacks, key: PlaceKey, group: Group) -> _Suspect | None:
    placement: Placement = group.placement
    operation = placement.operation
    if placement.confidence not in (EXACT, MOVED) or operation is None or placement.path is None:
        return None
    # Of most places the source says at once that others know what is waited for.
    found = stacks.packages.told(_waited_for, placement)
    if found is None:
        return None
    count = sum(s.count for s in group.samples if stacks.is_blocked(s))
    if not count or (stacks.runs_tests and _may_be_a_tests(found[0], found[1], stacks.packages)):
        return None
    return _Suspect(key, *found, count)


def _may_be_a_tests(routine: Routine, objects: list[tuple[Shared, tuple[str, ...]]], packages: Packages) -> bool:
    """Whether a test may have given the function an object of its own."""
    given = any(shared.owner.path != routine.path or not _is_around(shared.owner, routine) for shared, _ in objects)
    name = routine.function.name.partition(".func")[0].partition("[")[0]
    return given and packages.tests_mention(routine.path.parent, name)


def _is_around(owner: Routine, routine: Routine) -> bool:
    return owner.function.start <= routine.function.start and routine.function.end <= owner.function.end


def _waited_for(packages: Packages, placement: Placement) -> tuple[Routine, list, bool] | None:
    """What the source alone tells of a suspect, ``routine`` to ``once``; None where an object is not known."""
    return packages.fact(_objects_of, packages, placement.path, placement.operation)


def _objects_of(packages: Packages, path: Path, operation: Operation) -> tuple[Routine, list, bool] | None:
    file = packages.file(path)
    waits = operands(file, operation) if file is not None else []
    # Reading the whole package is for those alone who wait for something of their own function's.
    if not waits or not all(_is_local(file, node) for _, node in waits):
        return None
    package = packages.of(path)
    routine = package.routine(path, file.functions[operation.function])
    objects = []
    for kind, node in waits:
        found = shared_objects(package, routine, file.text(node), node.start_byte)
        if not found:
            return None
        objects += [(shared, WAKERS[kind]) for shared in found]
    once = len(objects) <= len(waits) and all(runs_once_per_object(shared, routine) for shared, _ in objects)
    return routine, objects, once


def _is_local(file: GoFile, node: Node) -> bool:
    declared = lookup(file, node, file.text(node)) if node.type == "identifier" else None
    return declared is not None and not is_global(declared)


def _review(suspect: _Suspect, dead: Mapping[PlaceKey, int], stacks: Stacks) -> bool:
    """Takes back those that living goroutines could wake; whether any was."""
    most = 0
    for shared, actions in suspect.objects:
        most += _living(suspect, shared, actions, dead, stacks)
    orphaned = max(0, suspect.count - most) if suspect.once else suspect.count if not most else 0
    if stacks.ready and orphaned <= max(stacks.ready, _FEW):
        # They may have been woken a moment ago, by some who have gone since.
        orphaned = 0
    changed = orphaned < suspect.dead
    suspect.dead, suspect.living = min(orphaned, suspect.dead), most
    return changed


def _living(
    suspect: _Suspect, shared: Shared, actions: tuple[str, ...], dead: Mapping[PlaceKey, int], stacks: Stacks
) -> int:
    """How many objects the goroutines that are not dead could yet serve at most."""
    if not any(use.action in actions for use in shared.uses):
        return 0
    waking = _waking(shared, actions)
    if not waking:
        return 0
    if _outlives(shared) and stacks.by_routine.get(shared.owner.key):
        return suspect.count + 1
    found, left = stacks.unseen, {}
    for standing in _near(shared, waking, stacks):
        if standing.may_be_cut:
            continue  # counted among the unseen already
        frames = sum(_may_wake(spot, suspect, shared, actions, waking) for spot in standing.spots)
        if not frames and not stacks.has_states and _is_moving(standing, shared):
            # It may have woken one of them just now, who then still looks blocked.
            frames = 1
        if not frames:
            continue
        key = standing.placement.key
        gone = 0
        if stacks.is_blocked(standing.sample):
            gone = min(left.setdefault(key, dead.get(key, 0)), standing.sample.count)
            left[key] -= gone
        found += (standing.sample.count - gone) * frames
    return found


def _is_moving(standing: Standing, shared: Shared) -> bool:
    """Whether a goroutine of the family does not wait for anybody that it could be seen to wait for."""
    if standing.placement.kind not in ("other", "semacquire", "mutex-lock", "rwmutex-lock", "rwmutex-rlock"):
        return False
    return any(spot.routine is None or spot.routine.key in shared.family for spot in standing.spots)


def _outlives(shared: Shared) -> bool:
    """Whether one activation may serve many objects: each made in a turn of a loop, and woken by what that defers."""
    file, function = shared.owner.file, shared.owner.node
    around = file.node_at(*shared.made)
    while around.id != function.id and around.type != "for_statement":
        around = around.parent
    if around.id == function.id and not has_goto(function):
        return False
    return any(node.type == "defer_statement" and _is_of(node, function) for node in below(around))


def _is_of(statement: Node, function: Node) -> bool:
    """Whether the statement stands in the function itself and not in a literal in it."""
    at = statement.parent
    while at.type not in ("func_literal", "function_declaration", "method_declaration"):
        at = at.parent
    return at.id == function.id


def _near(shared: Shared, waking: set[tuple], stacks: Stacks) -> Iterable[Standing]:
    """The goroutines with a frame in a function of the family, or in a file of it and not known where, each once."""
    seen: dict[int, Standing] = {}
    for key in dict.fromkeys((*shared.family, *waking)):
        seen.update((id(s), s) for s in stacks.by_routine.get(key, ()))
    for path in dict.fromkeys(routine.path for routine in shared.family.values()):
        seen.update((id(s), s) for s in stacks.unsure_by_file.get(path, ()))
    return seen.values()


def _waking(shared: Shared, actions: tuple[str, ...]) -> set[tuple]:
    """The functions that can wake by themselves, or by what they start or hand the object to."""
    waking = {use.routine.key for use in shared.uses if use.action in actions}
    while True:
        more = {u.routine.key for u in shared.uses if u.to is not None and u.to.key in waking}
        for routine in shared.family.values():
            outer = routine.function.outer
            if routine.key in waking and outer is not None and (routine.path, outer) in shared.family:
                more.add((routine.path, outer))
        if more <= waking:
            return waking
        waking |= more


def _may_wake(spot: Spot, suspect: _Suspect, shared: Shared, actions: tuple[str, ...], waking: set[tuple]) -> bool:
    """Whether a goroutine with this frame may own an object of the kind and yet wake others with it."""
    if spot.routine is None:
        return True
    key = spot.routine.key
    if key not in waking:
        # A literal that is not in the family may run inside one that is, under a frame of its own.
        return False
    if key == suspect.routine.key == shared.owner.key:
        # Another activation of the function has objects of its own.
        return False
    if key == shared.owner.key and _is_before(spot, shared):
        return False
    return any(can_reach(spot.routine, spot.offset, at) for at in _chances(spot.routine, shared, actions, waking))


def _is_before(spot: Spot, shared: Shared) -> bool:
    """Whether the frame has not made the object yet."""
    return spot.offset is not None and spot.offset < shared.made[0] and not can_reach(
        spot.routine, shared.made[0], spot.offset
    )  # fmt: skip


def _chances(routine: Routine, shared: Shared, actions: tuple[str, ...], waking: set[tuple]) -> list[int]:
    """The bytes of a function at which it wakes someone, or starts or calls who does."""
    found = [u.start for u in shared.uses if u.routine.key == routine.key and u.action in actions]
    found += [u.start for u in shared.uses if u.routine.key == routine.key and u.to and u.to.key in waking]
    for inner in shared.family.values():
        if inner.path == routine.path and inner.function.outer == routine.function.index and inner.key in waking:
            # A closure under a name runs where it is called: that may be anywhere.
            named = inner.node.parent.type == "expression_list"
            found.append(routine.function.end if named else inner.function.start)
    return found
