"""How well a text agrees with a profile: which of several texts a program was built of."""

from __future__ import annotations

from collections.abc import Iterable

from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.profile.model import Frame
from goleak_lsp.profile.names import split


def agreement(file: GoFile, frames: Iterable[Frame]) -> int:
    """How many of ``frames`` stand in ``file`` as it is.

    A frame does when its line has an operation or a call inside a function of its name, or of
    its start where the profile has that. One frame alone decides wrongly; all together hardly ever do.
    """
    operations = {(op.function, op.line) for op in file.operations}
    return sum(_stands(file, frame, operations) for frame in frames)


def _stands(file: GoFile, frame: Frame, operations: set[tuple[int, int]]) -> bool:
    name = split(frame.function)[1]
    for function in file.functions:
        if not function.line <= frame.line <= function.end_line:
            continue
        # A closure that was inlined bears another name, but its start is right.
        same = function.line == frame.start_line if frame.start_line else function.name == name
        if same and ((function.index, frame.line) in operations or file.calls_on_line(frame.line)):
            return True
    return False
