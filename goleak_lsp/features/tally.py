"""The numbers of `top` and `list`: flat and cumulative counts, as pprof computes them.

A sample adds to the flat count of its innermost frame, and once to the cumulative count of
everything on its stack, however often recursion repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from goleak_lsp.analysis.ignoring import user_frame_of
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import Placement, place
from goleak_lsp.profile.model import Frame, Profile, Stack
from goleak_lsp.profile.names import is_runtime

LEAST_SHARE = 0.005
"""The share of the total below which pprof leaves a function out of its `top`."""

Weighted = list[tuple[Stack, int]]
"""Stacks with their counts, which are negative where a base had more."""


@dataclass(slots=True)
class Row:
    """One function, line or place, and its counts; ``base`` is the base's flat count."""

    name: str
    flat: int = 0
    cum: int = 0
    base: int = 0


def weigh(profiles: Iterable[Profile], base: Iterable[Profile] = ()) -> tuple[Weighted, int]:
    """The stacks of all profiles, less those of the base, and the total that shares are of.

    The total counts what was added and what went away alike.
    """
    counts: dict[tuple, int] = {}
    bare = 0
    for sign, group in ((1, profiles), (-1, base)):
        for profile in group:
            listed = 0
            for sample in profile.samples:
                key = (sample.stack, sample.labels)
                counts[key] = counts.get(key, 0) + sign * sample.count
                listed += sample.count
            # Goroutines whose stack is empty are in the total alone.
            bare += sign * (profile.total - listed)
    weighted = [(stack, count) for (stack, _), count in counts.items() if count]
    return weighted, sum(abs(count) for _, count in weighted) + abs(bare)


def by_function(weighted: Weighted) -> list[Row]:
    """Counts by function, those of the runtime itself left out of the stacks, largest first."""
    rows = tally(weighted, lambda frame: None if is_runtime(frame.function) else frame.symbol or frame.function)
    for name, row in rows.items():
        row.name = str(name)
    # Where a base has just as many there is nothing to say.
    changed = (row for row in rows.values() if row.flat or row.cum)
    return sorted(changed, key=lambda r: (-abs(r.flat), r.name, -abs(r.cum)))


def tally(weighted: Iterable[tuple[Stack, int]], key: Callable[[Frame], Hashable]) -> dict[Hashable, Row]:
    """Flat and cumulative counts by what ``key`` makes of a frame; frames without a key are hidden."""
    keys: dict[Frame, Hashable] = {}
    rows: dict[Hashable, Row] = {}
    for stack, count in weighted:
        for frame in stack:
            if frame not in keys:
                keys[frame] = key(frame)
        names = dict.fromkeys([keys[frame] for frame in stack])
        names.pop(None, None)
        for at, name in enumerate(names):
            row = rows.get(name)
            if row is None:
                row = rows[name] = Row("")
            row.cum += count
            row.flat += 0 if at else count
    return rows


def by_place(profiles: Sequence[Profile], base: Sequence[Profile], tree: SourceTree) -> list[Row]:
    """Goroutines now and in the base by place in the user's code, largest first."""
    rows: dict[str, Row] = {}
    for before, group in ((False, profiles), (True, base)):
        for profile in group:
            placed = place(profile, tree)
            for sample in profile.samples:
                name = _place_name(placed[sample.stack], sample.stack, tree)
                row = rows.setdefault(name, Row(name))
                if before:
                    row.base += sample.count
                else:
                    row.flat += sample.count
    return sorted(rows.values(), key=lambda r: (-abs(r.flat - r.base), r.name))


def _place_name(placement: Placement, stack: Stack, tree: SourceTree) -> str:
    if placement.path is None:
        return f"{user_frame_of(placement, stack).function} ({placement.kind}), not placed"
    return f"{tree.relative(placement.path)}:{placement.line} {placement.anchor.function} ({placement.kind})"
