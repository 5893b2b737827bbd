"""How lines moved, as far as all that was seen of a file can tell without its old text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable
from functools import cached_property

from goleak_lsp.golang.syntax import Function, GoFile
from goleak_lsp.placing.sightings import ANY, Sighting, named, standing

_PUT_IN = 6
"""Lines that are put in at once so often that an operation of the kind as far below may be the one."""

_RIGHT_THERE = 2
"""Lines with another operation of the kind that are often put in right where one stood."""

_STATEMENT = 40
"""Lines of the longest statement that is looked for where it was taken out."""

_FOLLOWING = 40
"""How many lines that were seen are asked which of two moves was made."""


class Moves:
    """The sightings of one file, held against its text of today at other lines than they say."""

    def __init__(self, file: GoFile, sightings: Iterable[Sighting]) -> None:
        self.file, self.sightings = file, sightings
        self._shifted: dict[tuple[Sighting, int], bool] = {}

    @cached_property
    def telling(self) -> list[Sighting]:
        """The sightings that fit few operations, in order of their lines."""
        return sorted((s for s in self.sightings if s.expects != ANY), key=lambda s: (s.line, s.function))

    def could_be_other(self, sighting: Sighting, function: Function, line: int, rivals: Iterable[int]) -> bool:
        """Whether another operation may be the one, and this one have come into its place since.

        Where lines were put in or taken out above, all that was seen further down moved with the
        operation. So what moved as this place would have it, and not as the other, speaks for it.
        Without that, a start line, or what was seen above in the function, leaves only what few
        lines put in would do to doubt; a line alone, everything.
        """
        moved = line - sighting.line
        if self._lost_lines(sighting, function, moved):
            return True
        room = line - function.line - 1
        near = range(moved + 1, moved + 1 + max(_RIGHT_THERE, min(_PUT_IN, room)))
        return any(
            self._bears_out(sighting, shift, moved)
            or (
                (shift in near or not self._is_held(sighting, function, moved, shift))
                and not self._bears_out(sighting, moved, shift)
            )
            for shift in {rival - sighting.line for rival in rivals} - {moved}
        )

    def _lost_lines(self, sighting: Sighting, function: Function, shift: int) -> bool:
        """Whether lines went between an operation and what was seen next in its function.

        They may have been the operation's own, and this one another that stood below it.
        """
        root = root_of(self.file, function)
        below = bisect_right(self.telling, sighting.line, key=lambda s: s.line)
        for following in self.telling[below : below + _FOLLOWING]:
            if all(root_of(self.file, f) != root for f in named(self.file, following.function)):
                return False
            if self.stands(following, shift):
                return False
            if any(self.stands(following, shift - lost) for lost in range(1, _STATEMENT)):
                return True
        return False

    def _is_held(self, sighting: Sighting, function: Function, shift: int, other: int) -> bool:
        """Whether lines that were put in above the function cannot have made the other move."""
        if sighting.start_line:
            return True
        first = self.file.functions[root_of(self.file, function)].line - shift
        above = bisect_left(self.telling, sighting.line, key=lambda s: s.line)
        inside = self.telling[bisect_left(self.telling, first, key=lambda s: s.line) : above]
        return any(self.stands(s, shift) and not self.stands(s, other) for s in inside[-_FOLLOWING:])

    def _bears_out(self, sighting: Sighting, shift: int, other: int) -> bool:
        """Whether the first of what was seen below that tells two moves apart made the first of them."""
        below = bisect_right(self.telling, sighting.line, key=lambda s: s.line)
        for following in self.telling[below : below + _FOLLOWING]:
            if not self.stands(following, other):
                return self.stands(following, shift)
            if not self.stands(following, shift):
                return False
        return False

    def stands(self, sighting: Sighting, shift: int) -> bool:
        """Whether a sighting stands so many lines below where it was seen."""
        key = (sighting, shift)
        if key not in self._shifted:
            moved = sighting._replace(line=sighting.line + shift, start_line=0)
            self._shifted[key] = sighting.expects == ANY or standing(self.file, moved) is not None
        return self._shifted[key]

    def could_have_stayed(
        self, sighting: Sighting, shift: int, group: Iterable[Sighting], others: Container[int]
    ) -> bool:
        """Whether all that moved may lie further down, and an operation stands on the old line still."""
        above = (s for s in group if s.line < sighting.line)
        return shift != 0 and 0 in others and all(self.stands(s, 0) or not self.stands(s, shift) for s in above)


def root_of(file: GoFile, function: Function) -> int:
    """The index of the declared function that a function is or lies in."""
    while function.outer is not None:
        function = file.functions[function.outer]
    return function.index
