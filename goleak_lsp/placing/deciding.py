"""Decides, for one file and all that a profile saw of it, where each sighting stands today.

The rules are sure or say so. An unchanged text needs no rule. With old texts at hand the
operation is followed from each of those that the profile may have been built from, and is
sure when they agree. Without, it is sure only where its function begins as the profile says
and has such an operation at the same offset, or where nothing else could be meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from goleak_lsp.golang.syntax import Function, GoFile, Operation
from goleak_lsp.placing.following import GONE, SAME, Followed, Follower, Place, Text
from goleak_lsp.placing.moves import Moves, root_of
from goleak_lsp.placing.origins import Old
from goleak_lsp.placing.placement import FUNCTION, NONE, Anchor, Placement
from goleak_lsp.placing.sightings import (
    ANY,
    Sighting,
    alternatives,
    called,
    fitting,
    named,
    standing,
    standing_by_value,
)
from goleak_lsp.placing.surroundings import Surroundings
from goleak_lsp.placing.today import Today
from goleak_lsp.profile.names import text_form

_CHANGED = "the code has changed since the profile was taken"
_ENOUGH = 0.9
"""Share of the lines of a file that must agree with an old text for it to count as the text."""

_TOGETHER = 3
"""Lines that must have moved alike for a move to be believed without start lines."""


class Decider:
    """Places the sightings of one file."""

    def __init__(self, today: Today) -> None:
        self.today = today
        self.seen, self.tree, self.file = today.seen, today.tree, today.file
        self.moves = Moves(self.file, self.seen.sightings)

    def place(self, olds: list[Old], cut: bool = False) -> dict[Sighting, Placement]:
        """Every sighting's placement; ``olds`` are the texts that the build may have had.

        ``cut`` tells that there are more, which nobody had the time to read.
        """
        if self.today.settled and not olds and not cut:
            return self.today.placements()
        known = self._agreeing_texts(olds)
        placed = {}
        for sighting in self.seen.sightings:
            placed[sighting] = self._followed(sighting, known) or self._unaided(sighting, cut)
        return placed

    def _agreeing_texts(self, olds: Iterable[Old]) -> list[tuple[Old, dict[Sighting, tuple[Function, Operation]]]]:
        """The old texts that most lines agree with, and where the lines stand in them."""
        known = []
        for old in olds:
            file = old.text.file
            stands = {
                s: found for s in self.seen.sightings
                if (found := standing(file, s) or standing_by_value(file, s))
            }  # fmt: skip
            known.append((old, stands))
        most = max((len(stands) for _, stands in known), default=0)
        here = len(self.today.agreeing) + len(self.today.loose) * self.today.unchanged
        if most < here or most < _ENOUGH * len(self.seen.sightings):
            return []
        return [(old, stands) for old, stands in known if len(stands) == most]

    def _followed(self, sighting: Sighting, known: list) -> Placement | None:
        """The placement by old texts; None where none of them has the sighting."""
        here = Text(self.file, self.seen.path) if self.file is not None else None
        answers: list[Followed] = []
        for old, stands in known:
            # An old text that has not what was seen says nothing of where it went.
            if sighting not in stands:
                continue
            follower = self._follower(old, here)
            answers.append(follower.follow(*stands[sighting]))
        if not answers:
            return None
        certain = any(old.certain for old, _ in known)
        if self.today.unchanged and not certain and all(old.text.file.data != self.file.data for old, _ in known):
            answers.append(Followed(SAME, (self._here(sighting),)))
        return self._agreed(sighting, answers, known[0][0].name)

    def _follower(self, old: Old, here: Text | None) -> Follower:
        return Follower(old.text, here, Surroundings(self.tree), old.before)

    def _agreed(self, sighting: Sighting, answers: list[Followed], commit: str) -> Placement:
        """One answer out of those of several texts."""
        places = list({(p.path, p.operation.start): p for a in answers for p in a.places}.values())
        if all(a.status == SAME for a in answers) and len({(p.path, p.operation.line) for p in places}) == 1:
            return self._at(sighting, places[0], commit)
        if all(a.status == GONE for a in answers):
            return self._none(sighting, f"gone since {commit}", commit)
        functions = [a.function for a in answers if a.function] or [(p.path, p.function) for p in places]
        if not functions:
            return self._none(sighting, f"its function, as {commit} has it, was not found in time", commit)
        path, function = functions[0]
        lines = {p.operation.line for p in places if p.path == path}
        return self._in_function(sighting, path, function, lines, commit)

    def _unaided(self, sighting: Sighting, cut: bool) -> Placement:
        """The placement by today's text alone, which is not sure of what has a history that is not known."""
        if self.file is None:
            return self._none(sighting, "the file is gone, or cannot be read")
        if not cut and self._is_sure_here(sighting):
            return self._at(sighting, self._here(sighting))
        functions = named(self.file, sighting.function)
        by = self._by_offset if sighting.start_line else self._by_shift
        moved = [] if cut else by(sighting, functions)
        if len(moved) == 1:
            return self._at(sighting, moved[0])
        if not functions:
            return self._none(sighting, f"{self.seen.path.name} has no function {sighting.function} any more")
        lines = {op.line for f in functions for op in alternatives(self.file, f, sighting)}
        return self._in_function(sighting, self.seen.path, _outermost(self.file, functions), lines, "")

    def _is_sure_here(self, sighting: Sighting) -> bool:
        """Whether what stands on the very line is what was seen, as far as one text can tell."""
        if sighting in self.today.loose:
            below = any(other.line > sighting.line for other in self.today.agreeing)
            return self.today.unchanged and below and not self._is_declared(self._here(sighting).operation)
        if sighting not in self.today.agreeing:
            return False
        if not sighting.start_line and not self.today.unchanged:
            return False
        return not self._could_be_other(sighting, self._here(sighting))

    def _could_be_other(self, sighting: Sighting, place: Place) -> bool:
        """Whether another operation may be the one, as far as today's text alone can tell."""
        rivals = (op.line for op in self.today.rivals(sighting, place.function))
        return self.moves.could_be_other(sighting, place.function, place.operation.line, rivals)

    def _is_declared(self, call: Operation) -> bool:
        """Whether a call names a function of the package, which bears no other name in a profile."""
        return bool(Surroundings(self.tree).declaring_near(called(call), self.seen.path))

    def _by_shift(self, sighting: Sighting, functions: list[Function]) -> list[Place]:
        """Where a sighting without a start line stands, if all that was seen moved by as many lines as it."""
        found = {}
        for function in functions:
            for operation in alternatives(self.file, function, sighting):
                found.setdefault(operation.line - sighting.line, Place(self.seen.path, function, operation))
        if not found:
            return []
        roots = {root_of(self.file, f) for f in functions}
        beside = {s for root in roots for s in self._beside.get(root, ())}
        for group in (self.moves.telling, beside):
            if len({s.line for s in group}) >= _TOGETHER:
                alike = [shift for shift in found if all(self.moves.stands(s, shift) for s in group)]
                if len(alike) == 1 and not self.moves.could_have_stayed(sighting, alike[0], group, found):
                    place = found[alike[0]]
                    return [] if self._could_be_other(sighting, place) else [place]
        return []

    @cached_property
    def _beside(self) -> dict[object, list[Sighting]]:
        """The telling sightings by the declarations that functions of their name stand in."""
        found: dict[object, list[Sighting]] = {}
        for sighting in self.moves.telling:
            for root in {root_of(self.file, f) for f in named(self.file, sighting.function)}:
                found.setdefault(root, []).append(sighting)
        return found

    def _by_offset(self, sighting: Sighting, functions: list[Function]) -> list[Place]:
        """Functions of this name that have what was seen at the same offset from their start."""
        if not sighting.start_line or (sighting.expects == ANY):
            return []
        if any(f.is_closure for f in functions):
            # The number in a literal's name is its position: another may have taken it.
            homes = {self._home(f) for f in functions}
            functions = [f for f in self.file.functions if f.is_closure and self._home(f) in homes]
        offset = sighting.line - sighting.start_line
        places = [
            Place(self.seen.path, f, op)
            for f in functions
            for op in fitting(self.file, f, sighting, f.line + offset)[:1]
        ]
        return [place for place in places if not self._could_be_other(sighting, place)]

    def _home(self, literal: Function) -> int:
        """The declared function that a literal lies in; one for all that lie in package variables."""
        return root_of(self.file, literal) if literal.outer is not None else -1

    def _here(self, sighting: Sighting) -> Place:
        function, operation = self.today.agreeing.get(sighting) or self.today.loose[sighting]
        return Place(self.seen.path, function, operation)

    def _at(self, sighting: Sighting, place: Place, commit: str = "") -> Placement:
        return self.today.at(sighting, *place, commit)

    def _in_function(
        self, sighting: Sighting, path: Path, function: Function, lines: Iterable[int], commit: str
    ) -> Placement:
        anchor = Anchor(self.tree.relative(path), text_form(function.name), f"@{sighting.line}")
        return Placement(
            FUNCTION, sighting.kind, None, anchor, path, function.line, (function.start, function.start + 4),
            tuple(sorted(lines)), _CHANGED, commit=commit,
        )  # fmt: skip

    def _none(self, sighting: Sighting, reason: str, commit: str = "") -> Placement:
        file = self.tree.relative(self.seen.path) if self.seen.path else self.seen.name
        anchor = Anchor(file, text_form(sighting.function), f"@{sighting.line}")
        return Placement(NONE, sighting.kind, None, anchor, reason=reason, commit=commit)


def _outermost(file: GoFile, functions: list[Function]) -> Function:
    """The function to name where it is not known which of several is meant."""
    return functions[0] if len(functions) == 1 else file.functions[root_of(file, functions[0])]
