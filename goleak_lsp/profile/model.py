"""The frozen values that every decoder makes and everything later reads.

A profile is a list of samples; a sample is a stack with a count. Nothing here knows a
format, a file system or a source tree. Samples are tuples, since there may be a million of
them: those are made, compared and hashed by the interpreter itself.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from threading import Lock
from weakref import WeakValueDictionary

from goleak_lsp.frozen import Frozen

GOROUTINE = "goroutine"
GOROUTINE_LEAK = "goroutineleak"
_LEAKED = attrgetter("leaked")


class Frame:
    """One call on a stack. Equal frames are one object, so that stacks are compared and hashed by addresses alone.

    ``function`` is spelled as Go's text formats do (``(*T[...]).m``), ``file`` as the
    profile has it, ``line`` counts from 1 and is 0 when unknown. ``start_line`` is the
    line of the keyword ``func``, known to the protobuf format only, else 0. ``symbol`` is
    the function's name with its type arguments, where the format has any, else empty.
    """

    __slots__ = ("__weakref__", "file", "function", "line", "start_line", "symbol")

    function: str
    file: str
    line: int
    start_line: int
    symbol: str

    def __new__(cls, function: str, file: str, line: int, start_line: int = 0, symbol: str = "") -> Frame:
        key = (function, file, line, start_line, symbol)
        frame = _FRAMES.get(key)
        if frame is not None:
            return frame
        # Several threads decode: of two that make the same frame both must get one.
        with _LOCK:
            frame = _FRAMES.get(key)
            if frame is None:
                frame = object.__new__(cls)
                for name, value in zip(_FIELDS, key, strict=True):
                    object.__setattr__(frame, name, value)
                _FRAMES[key] = frame
        return frame

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a frame is frozen")

    def __reduce__(self) -> tuple:
        return Frame, (self.function, self.file, self.line, self.start_line, self.symbol)

    def __repr__(self) -> str:
        return f"Frame{self.__reduce__()[1]}"


_FIELDS = ("function", "file", "line", "start_line", "symbol")
_FRAMES: WeakValueDictionary[tuple, Frame] = WeakValueDictionary()
"""The frames of all profiles that are held."""
_LOCK = Lock()

Stack = tuple[Frame, ...]
"""Innermost frame first; the runtime's park frames are there where the format has them."""


class Sample(Frozen):
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


sample_of = partial(tuple.__new__, Sample)
"""The sample of a tuple that has all fields in their order: made four times as fast as by their names."""


class Profile(Frozen):
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
        return self.kind == GOROUTINE_LEAK or any(map(_LEAKED, self.samples))
