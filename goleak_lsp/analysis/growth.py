"""Whether the number of goroutines at one place rises beyond noise.

A series is split in three parts of equal length. It rises when the parts lie above one another
without overlapping, a quarter of each part's outliers left out: pools fill once and then stay,
load goes up and down, and only what is never drained does neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from operator import sub

LEAST_SNAPSHOTS = 3
"""Snapshots that a rise takes."""

_SHORTEST_OF_MANY = 6
_MINUTE = 60 * 10**9


@lru_cache(maxsize=2_000)
def rise_of(series: tuple[int, ...], least: int, *, throughout: bool = False) -> range | None:
    """The snapshots of ``series``, oldest first, over which it rose by at least ``least``; None if it did
    not, or the goroutines have gone.

    ``throughout`` asks for a rise over the whole series, not only over its newer part: for waits
    that follow the load. One snapshot that shows less, or no more, does not end a rise. Goroutines that
    come together leak together, so that many places have one series.
    """
    if len(series) < LEAST_SNAPSHOTS or max(series[-2:]) - min(series) < least:
        return None
    patience = max(2, len(series) // 4)
    for end in range(len(series), len(series) - patience - 1, -1):
        for size in _sizes(end, throughout):
            before, window = series[: end - size], series[end - size : end]
            if _climbs(window, least) and _is_new(before, window, least) and max(series[-2:]) - window[0] >= least:
                return range(end - size, end)
    return None


def has_steps(rise: Sequence[int], least: int) -> bool:
    """Whether a rise is more than the one step with which load begins, and what it varies by after it."""
    whole, largest = rise[-1] - rise[0], max(map(sub, rise[1:], rise))
    return whole - largest >= max(least, whole / 4)


def _sizes(length: int, throughout: bool) -> list[int]:
    """Lengths of the newest windows that are looked at; none for too short a series."""
    if length < LEAST_SNAPSHOTS:
        return []
    sizes = [length] if throughout else [length, max(LEAST_SNAPSHOTS, (length + 1) // 2)]
    # A leak that began late in a long history need not last half as long to be seen.
    if not throughout and length // 4 >= _SHORTEST_OF_MANY:
        sizes.append(length // 4)
    return sizes


def _climbs(window: Sequence[int], least: int) -> bool:
    part = (len(window) + 1) // 3
    first, middle, last = window[:part], window[part:-part], window[-part:]
    if window[-1] - window[0] < least:
        return False
    return _high(first) < _low(middle) and _high(middle) < _low(last)


def _is_new(before: Sequence[int], window: Sequence[int], least: int) -> bool:
    """Whether the window ends well above all before it, back to where the number was last more
    than halved, as a restart does: what was reached before and left again is load."""
    highest = 0
    for earlier, later in pairwise((*before, window[0])):
        highest = 0 if later < earlier / 2 else max(highest, earlier)
    return window[-1] - highest >= least


def _low(counts: Sequence[int]) -> int:
    return sorted(counts)[len(counts) // 4]


def _high(counts: Sequence[int]) -> int:
    return sorted(counts)[-1 - len(counts) // 4]


def rate_per_minute(series: Sequence[int], times: Sequence[int | None]) -> float | None:
    """Goroutines a minute over the whole series; ``times`` are nanoseconds, None where unknown."""
    if len(series) < 2 or times[0] is None or times[-1] is None or times[-1] <= times[0]:
        return None
    return round((series[-1] - series[0]) * _MINUTE / (times[-1] - times[0]), 2)
