"""What could not be read of a text, counted and said in one sentence."""

from __future__ import annotations

from collections.abc import Callable


class Unread:
    """Counts what begins like a goroutine or a record and is none that can be read.

    ``where`` gives the line of the file for a line of the text, where they are not the same.
    """

    def __init__(self, noun: str, where: Callable[[int], int] | None = None) -> None:
        self.noun = noun
        self.where = where or (lambda line: line)
        self.count = 0
        self.line: int | None = None

    def add(self, line: int, count: int = 1) -> None:
        """``count`` more, the first of them at ``line``, from 1."""
        self.count += count
        line = self.where(line)
        if self.line is None or line < self.line:
            self.line = line

    def problems(self, read: int) -> list[str]:
        """``["3 of 1,204 goroutines could not be read, first at line 8,113"]``, or nothing."""
        if not self.count:
            return []
        total = self.count + read
        noun = self.noun if total == 1 else f"{self.noun}s"
        return [f"{self.count:,} of {total:,} {noun} could not be read, first at line {self.line:,}"]
