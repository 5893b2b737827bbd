"""What a profile saw of one file, held against the text of today: mostly that is all it takes to place it."""

from __future__ import annotations

from pathlib import Path

from goleak_lsp.golang.syntax import Function, Operation
from goleak_lsp.placing.checkout import Seen
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.placement import EXACT, MOVED, Anchor, Placement, operation_text
from goleak_lsp.placing.sightings import (
    ANY,
    GO,
    OPERATION,
    Sighting,
    alternatives,
    named,
    standing,
    standing_by_value,
)
from goleak_lsp.profile.names import text_form

_OWN_KIND = {"chan-send", "chan-receive", "chan-range", "select", "select-empty"}


class Today:
    """The sightings of one file that stand on their very lines."""

    def __init__(self, seen: Seen, tree: SourceTree) -> None:
        self.seen, self.tree = seen, tree
        self.file = tree.read(seen.path) if seen.path else None
        self.agreeing: dict[Sighting, tuple[Function, Operation]] = {}
        for sighting in seen.sightings:
            if self.file is not None and (found := standing(self.file, sighting)):
                self.agreeing[sighting] = found
        self.loose: dict[Sighting, tuple[Function, Operation]] = {}
        for sighting in seen.sightings - self.agreeing.keys():
            if self.file is not None and (found := standing_by_value(self.file, sighting)):
                self.loose[sighting] = found

    @property
    def unchanged(self) -> bool:
        """Whether the file has on every line what the profile saw there."""
        return self.file is not None and len(self.agreeing) + len(self.loose) == len(self.seen.sightings)

    @property
    def settled(self) -> bool:
        """Whether the text of today is enough to be sure of everything."""
        return self.unchanged and not self.loose and not any(map(self._could_be_another, self.seen.sightings))

    def _could_be_another(self, sighting: Sighting) -> bool:
        if sighting.expects in (ANY, GO):
            return False
        function, operation = self.agreeing[sighting]
        return any(op.line != operation.line for op in self.rivals(sighting, function))

    def rivals(self, sighting: Sighting, function: Function) -> list[Operation]:
        """What else in functions of that name the sighting may have meant, before the code changed."""
        functions = {function.index: function} | {f.index: f for f in named(self.file, sighting.function)}
        return [op for f in functions.values() for op in alternatives(self.file, f, sighting)]

    def placements(self) -> dict[Sighting, Placement]:
        """Where all sightings stand, if the text of today is enough."""
        return {s: self.at(s, self.seen.path, *found) for s, found in self.agreeing.items()}

    def at(
        self, sighting: Sighting, path: Path, function: Function, operation: Operation, commit: str = ""
    ) -> Placement:
        """The placement at an operation of today, which is sure."""
        file = self.file if path == self.seen.path else self.tree.read(path)
        text = operation_text(file, function, operation)
        anchor = Anchor(self.tree.relative(path), text_form(function.name), text)
        same = path == self.seen.path and operation.line == sighting.line
        return Placement(
            EXACT if same else MOVED, _kind(sighting, operation), None, anchor, path, operation.line,
            (operation.start, operation.end), operation=operation, commit=commit,
        )  # fmt: skip


def _kind(sighting: Sighting, operation: Operation) -> str:
    """The contract's kind: the profile's, made more exact by the source."""
    if operation.kind == "chan-range" and sighting.kind == "chan-receive":
        return "chan-range"
    if sighting.kind == "other" and sighting.expects == OPERATION and operation.kind in _OWN_KIND:
        return operation.kind
    return sighting.kind
