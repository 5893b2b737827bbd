"""Times of one thing, measured again and again, and the table of all of them."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median


@dataclass(eq=False)
class Figure:
    """One row: milliseconds of wall time and of processor time, a pair a run.

    ``target`` is a bound in milliseconds or, with ``against``, one for the ratio of the minima:
    on a shared machine the minimum is what the code costs, and the rest is what others do.
    ``at`` says which of ``min`` and ``p99`` a bound in milliseconds speaks of.
    """

    name: str
    target: float | None = None
    against: Figure | None = None
    at: str = "min"
    walls: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def add(self, wall: float, processor: float | None) -> None:
        """One run, in seconds; None where the system does not tell the processor time."""
        self.walls.append(wall * 1000)
        if processor is not None:
            self.processor.append(processor * 1000)

    @property
    def ratio(self) -> float | None:
        """The minimum as a part of that of ``against``."""
        return min(self.walls) / min(self.against.walls) if self.against and self.against.walls else None

    @property
    def processor_ratio(self) -> float | None:
        """The same of processor time, which other work on the machine changes less."""
        if not self.against or not self.against.processor or not self.processor:
            return None
        return min(self.processor) / min(self.against.processor)

    @property
    def verdict(self) -> str:
        """The target, and whether it was met."""
        if self.target is None:
            return ""
        found = self.ratio if self.against else min(self.walls) if self.at == "min" else percentile(self.walls, 99)
        if found is None:
            return "nothing to compare with"
        unit = "×" if self.against else f" ms {self.at}"
        return f"≤ {self.target:g}{unit} {'met' if found <= self.target else 'MISSED'}"


def undisturbed() -> None:
    """What editors do with answers is not measured: this process looks for no garbage meanwhile."""
    gc.disable()


def percentile(values: Iterable[float], percent: float) -> float:
    """The value that ``percent`` of a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


_HEAD = ("milliseconds", "runs", "min", "median", "p99", "cpu min", "cpu p99", "ratio", "cpu ratio", "target")


def table(figures: Iterable[Figure]) -> str:
    """All figures that were measured, as aligned text."""
    rows = [_HEAD, *(_row(figure) for figure in figures if figure.walls)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    walls, processor = figure.walls, figure.processor
    return (
        figure.name,
        str(len(walls)),
        f"{min(walls):.1f}",
        f"{median(walls):.1f}",
        f"{percentile(walls, 99):.1f}",
        f"{min(processor):.1f}" if processor else "-",
        f"{percentile(processor, 99):.1f}" if processor else "-",
        _shown(figure.ratio),
        _shown(figure.processor_ratio),
        figure.verdict,
    )


def _shown(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"
