"""Profiles in the protobuf format of pprof, as ``/debug/pprof/goroutine`` serves them.

Source: the published layout in ``profile.proto``. Runtime frames are kept, since the park
frames tell the blocking kind.
"""

from __future__ import annotations

from google.protobuf.message import DecodeError

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile import profile_pb2
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK, Frame, Profile, Sample, Stack
from goleak_lsp.profile.names import text_form

KINDS = {"goroutine": GOROUTINE, "goroutines": GOROUTINE, "goroutineleak": GOROUTINE_LEAK}
_LAST_NANOSECOND = 253_402_300_799 * 10**9
_MAX_LINE = 1 << 31
_MAX_COUNT = 1 << 53


def decode(data: bytes) -> tuple[tuple[Profile], list[str]]:
    """The profile in uncompressed ``data``, and what could not be read of it.

    Raises ProfileError where the message is cut or damaged, or of another kind of profile.
    """
    message = profile_pb2.Profile()
    try:
        message.ParseFromString(data)
    except DecodeError:
        raise ProfileError("is not a complete pprof profile: it is cut off or damaged") from None
    profile, problems = _Reader(message).read()
    return (profile,), problems


class _Reader:
    """Turns one message into frozen values; every index in it is untrusted."""

    def __init__(self, message: profile_pb2.Profile) -> None:
        self.message = message
        self.strings = list(message.string_table)
        self.damaged = 0
        self.functions = {f.id: f for f in message.function}
        self.lines: dict[int, list] = {}
        for location in message.location:
            self.lines[location.id] = list(location.line)
        self.frames: dict[int, Stack] = {}

    def read(self) -> tuple[Profile, list[str]]:
        kind, column = self._kind()
        leaked = kind == GOROUTINE_LEAK
        merged: dict[tuple, int] = {}
        total = negative = 0
        for sample in self.message.sample:
            count = sample.value[column] if column < len(sample.value) else 0
            if not 0 <= count < _MAX_COUNT:
                negative += 1
                continue
            total += count
            key = (self._stack(sample.location_id), self._labels(sample.label))
            if key[0] and count:
                merged[key] = merged.get(key, 0) + count
        samples = tuple(Sample(stack, n, labels, leaked=leaked) for (stack, labels), n in merged.items())
        return Profile(kind, samples, total, self._time()), self._problems(negative)

    def _problems(self, negative: int) -> list[str]:
        problems = []
        if negative:
            problems.append(
                f"{negative} of {len(self.message.sample)} samples have a count that no snapshot has "
                "and were left out (a profile fetched with seconds=N is a difference, not a snapshot)"
            )
        if self.damaged:
            problems.append(f"{self.damaged} frames refer to entries that are not there and were left out")
        return problems

    def _kind(self) -> tuple[str, int]:
        names = [self._string(t.type) for t in self.message.sample_type]
        for column, name in enumerate(names):
            if name in KINDS:
                return KINDS[name], column
        found = ", ".join(name for name in names if name)
        if not found:
            raise ProfileError("is not a pprof profile: it names no sample type")
        raise ProfileError(f"is a profile of {found[:80]}, not of goroutines")

    def _string(self, index: int) -> str:
        if 0 <= index < len(self.strings):
            return self.strings[index]
        self.damaged += 1
        return ""

    def _stack(self, ids) -> Stack:
        frames: list[Frame] = []
        for location in ids:
            known = self.frames.get(location)
            if known is None:
                known = self.frames[location] = self._location(location)
            frames += known
        return tuple(frames)

    def _location(self, location: int) -> Stack:
        lines = self.lines.get(location)
        if lines is None:
            self.damaged += 1
            return ()
        return tuple(frame for frame in map(self._frame, lines) if frame)

    def _frame(self, line) -> Frame | None:
        function = self.functions.get(line.function_id)
        if function is None:
            self.damaged += 1
            return None
        symbol = self._string(function.name)
        name, file = text_form(symbol), self._string(function.filename)
        start = _bounded(function.start_line)
        return Frame(name, file, _bounded(line.line), start, "" if symbol == name else symbol)

    def _labels(self, labels) -> tuple[tuple[str, str], ...]:
        return tuple(sorted((self._string(b.key), self._string(b.str)) for b in labels if b.str))

    def _time(self) -> int | None:
        return self.message.time_nanos if 0 < self.message.time_nanos <= _LAST_NANOSECOND else None


def _bounded(number: int) -> int:
    return number if 0 <= number < _MAX_LINE else 0
