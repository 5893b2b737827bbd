"""The frozen values that every decoder makes and everything later reads.

A profile is a list of samples; a sample is a stack with a count. Nothing here knows a
format, a file system or a source tree. Frames and samples are tuples, since there may be a
million of them: those are made, compared and hashed by the interpreter itself.
"""

from __future__ import annotations

from typing import NamedTuple

GOROUTINE = "goroutine"
GOROUTINE_LEAK = "goroutineleak"


class Frame(NamedTuple):
    """One call on a stack; a tuple, because stacks are looked up by the thousand and tuples hash five times as fast.

    ``function`` is spelled as Go's text formats do (``(*T[...]).m``), ``file`` as the
    profile has it, ``line`` counts from 1 and is 0 when unknown. ``start_line`` is the
    line of the keyword ``func``, known to the protobuf format only, else 0. ``symbol`` is
    the function's name with its type arguments, where the format has any, else empty.
    """

    function: str
    file: str
    line: int
    start_line: int = 0
    symbol: str = ""


Stack = tuple[Frame, ...]
"""Innermost frame first; the runtime's park frames are there where the format has them."""


class Sample(NamedTuple):
    """``count`` goroutines that share one stack, its labels, its state and its origin.

    ``state`` is the wait reason of the text formats (``chan receive``), empty when the
    format has none. ``wait_minutes`` is a lower bound. ``leaked`` is the runtime's proof.
    ``hidden`` holds the addresses of the runtime's innermost frames where the format has
    those but no names for them (``debug=1``): which operation blocks, the source must tell.
    ``cut``: frames are missing, elided in the middle or lost at the outer end.
    """

    stack: Stack
    count: int
    labels: tuple[tuple[str, str], ...] = ()
    state: str = ""
    wait_minutes: int | None = None
    created_by: Frame | None = None
    leaked: bool = False
    hidden: tuple[int, ...] = ()
    cut: bool = False


class Profile(NamedTuple):
    """One snapshot of one process.

    ``total`` counts every goroutine of the snapshot, those with an empty stack too.
    ``taken_at`` is in nanoseconds since 1970, UTC; None when the format does not say.
    ``process`` tells processes apart whose snapshots lie in one file (the pods of a log);
    it is empty where there is only one.
    ``partial``: goroutines may be missing that are not counted, since the text was cut, some could
    not be read, or only those of interest were written.
    ``program`` is the name of the binary, where the format has it; ``revisions`` are commits and
    versions that it is said to be built of.
    """

    kind: str
    samples: tuple[Sample, ...]
    total: int
    taken_at: int | None = None
    process: str = ""
    partial: bool = False
    program: str = ""
    revisions: tuple[str, ...] = ()

    @property
    def proves(self) -> bool:
        """Whether the runtime looked for leaks when this snapshot was taken."""
        return self.kind == GOROUTINE_LEAK or any(sample.leaked for sample in self.samples)
