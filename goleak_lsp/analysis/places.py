"""Counts without a verdict: every place where goroutines are, and every `go` statement they came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from goleak_lsp.analysis.observation import PlaceView
from goleak_lsp.frozen import Frozen
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.layout import FileMap
from goleak_lsp.placing.place import EXACT, MOVED, PlaceKey, Placement
from goleak_lsp.profile.model import Frame, Profile, Sample
from goleak_lsp.profile.names import split


class Place(Frozen):
    """Goroutines at one place now, summed over processes, whatever is to be said of them."""

    placement: Placement
    count: int


class Started(Frozen):
    """Goroutines that are there now and were started by the ``go`` statement at ``span``.

    ``suspect`` of them are part of a finding.
    """

    path: Path
    span: tuple[int, int]
    count: int
    suspect: int


def places(processes: Iterable[list[PlaceView]]) -> list[Place]:
    """Every place that is sure, of the views of each process, largest first."""
    counts: dict[PlaceKey, int] = {}
    known: dict[PlaceKey, Placement] = {}
    for seen in processes:
        for view in seen:
            counts[view.key] = counts.get(view.key, 0) + view.count
            known.setdefault(view.key, view.group.placement)
    found = [Place(known[key], count) for key, count in counts.items() if known[key].confidence in (EXACT, MOVED)]
    return sorted(found, key=lambda place: -place.count)


def started(profiles: Sequence[Profile], suspects: Iterable[Sample], tree: SourceTree) -> list[Started]:
    """The ``go`` statements of the user's code that stand where the profiles say.

    Only dumps tell where goroutines were started.
    """
    suspicious = {id(sample) for sample in suspects}
    counts: dict[tuple[Path, tuple[int, int]], list[int]] = {}
    for profile in profiles:
        created = [sample for sample in profile.samples if sample.created_by is not None]
        files = FileMap(profile, tree) if created else None
        statements: dict[Frame, tuple[Path, tuple[int, int]] | None] = {}
        for sample in created:
            frame = sample.created_by
            if frame not in statements:
                statements[frame] = _statement(frame, files.local(frame), tree)
            if (found := statements[frame]) is not None:
                count = counts.setdefault(found, [0, 0])
                count[0] += sample.count
                count[1] += sample.count if id(sample) in suspicious else 0
    return [Started(path, span, *count) for (path, span), count in counts.items()]


def _statement(frame: Frame, path: Path | None, tree: SourceTree) -> tuple[Path, tuple[int, int]] | None:
    file = tree.read(path) if path else None
    if path is None or file is None:
        return None
    for statement in file.go_statements:
        if statement.line == frame.line and file.functions[statement.function].name == split(frame.function)[1]:
            return path, (statement.start, statement.end)
    return None
