"""How the goroutines of some profiles were placed, in numbers, and why the rest was not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from goleak_lsp.analysis.ignoring import user_frame_of
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import EXACT, FUNCTION, MOVED, NONE, place
from goleak_lsp.profile.model import Frame, Profile, Sample
from goleak_lsp.profile.names import is_runtime, is_standard, split

WORDS = {
    EXACT: "on the line that the profile says",
    MOVED: "on another line, just as surely",
    FUNCTION: "in a function that has changed since",
    NONE: "not placed",
}


@dataclass(slots=True)
class Unplaced:
    """Goroutines that share a reason; ``examples`` are frames of theirs."""

    reason: str
    count: int = 0
    examples: list[Frame] = field(default_factory=list)


def placed_in_numbers(profiles: Iterable[Profile], tree: SourceTree) -> tuple[dict[str, int], list[Unplaced]]:
    """Goroutines by confidence, and the reasons why some are not sure, commonest first."""
    counts = dict.fromkeys(WORDS, 0)
    reasons: dict[str, Unplaced] = {}
    for profile in profiles:
        placements = place(profile, tree)
        for sample in profile.samples:
            placement = placements[sample.stack]
            counts[placement.confidence] += sample.count
            if placement.confidence in (FUNCTION, NONE):
                reason = placement.reason if placement.path else _why(sample, placement.reason)
                entry = reasons.setdefault(reason, Unplaced(reason))
                entry.count += sample.count
                entry.examples.append(user_frame_of(placement, sample.stack))
    return counts, sorted(reasons.values(), key=lambda r: -r.count)


def _why(sample: Sample, reason: str) -> str:
    """A stack of libraries alone is no fault of the mapping, and nothing to look into."""
    packages = {split(frame.function)[0] for frame in sample.stack if not is_runtime(frame.function)}
    if all(is_standard(package) for package in packages):
        return "the whole stack is in the standard library"
    if all(is_standard(split(f.function)[0]) or "@v" in f.file for f in sample.stack):
        return "the whole stack is in the standard library and in dependencies"
    return reason
