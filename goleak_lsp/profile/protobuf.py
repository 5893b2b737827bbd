"""Profiles in the protobuf format of pprof, as ``/debug/pprof/goroutine`` serves them.

Source: the published layout in ``profile.proto``. Runtime frames are kept, since the park
frames tell the blocking kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

from google.protobuf.message import DecodeError

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile import profile_pb2
from goleak_lsp.profile.depth import limit_of
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK, Frame, Profile, Sample, Stack
from goleak_lsp.profile.names import text_form

KINDS = {"goroutine": GOROUTINE, "goroutines": GOROUTINE, "goroutineleak": GOROUTINE_LEAK}
_LAST_NANOSECOND = 253_402_300_799 * 10**9
_MAX_LINE = 1 << 31
_MAX_COUNT = 1 << 53
MAX_FRAMES = 20_000_000
"""Frames of all stacks together; a profile of 100,000 stacks has a tenth of it."""
_LARGE = 16 << 20
MAX_INLINED = 1_000
_MAX_TOLD = 20
_MAX_TEXT = 2_000
_REVISION = re.compile(r"(?<![\w.])(?:[0-9a-f]{40}|[0-9a-f]{64}|v\d+\.\d+\.\d+[\w.+-]*)(?![\w.])")
"""A commit or a version in a comment or a build id."""


def decode(data: bytes) -> tuple[tuple[Profile], list[str]]:
    """The profile in uncompressed ``data``, and what could not be read of it.

    Raises ProfileError where the message is cut or damaged, or of another kind of profile.
    """
    message = profile_pb2.Profile()
    try:
        message.ParseFromString(data)
    except DecodeError:
        # The library says the same when its memory does not suffice.
        more = " or needs too much memory" if len(data) > _LARGE else ""
        raise ProfileError(f"is not a complete pprof profile: it is cut off or damaged{more}") from None
    profile, problems = _Reader(message).read()
    return (profile,), problems


class _Reader:
    """Turns one message into frozen values; every index in it is untrusted."""

    def __init__(self, message: profile_pb2.Profile) -> None:
        self.message = message
        self.strings = list(message.string_table)
        self.damaged = 0
        self.functions = {f.id: f for f in message.function}
        self.locations = {location.id: location.line for location in message.location}
        self.frames = _Frames(self._location)
        self.labels: dict[tuple, tuple] = {}

    def read(self) -> tuple[Profile, list[str]]:
        kind, column = self._kind()
        leaked = kind == GOROUTINE_LEAK
        merged: dict[tuple, int] = {}
        total = wrong = size = 0
        frames, flat = self.frames.__getitem__, chain.from_iterable
        for sample in self.message.sample:
            values, ids, labels = sample.value, sample.location_id, sample.label
            count = values[column] if column < len(values) else 0
            if not 0 <= count < _MAX_COUNT:
                wrong += 1
                continue
            total += count
            stack = tuple(flat(map(frames, ids)))
            size += len(stack)
            if size > MAX_FRAMES:
                raise ProfileError(f"has more than {MAX_FRAMES:,} frames")
            key = (stack, self._labels(labels) if labels else (), len(ids))
            if stack and count:
                merged[key] = merged.get(key, 0) + count
        limit = limit_of(max((depth for _, _, depth in merged), default=0))
        samples = tuple(
            Sample(stack, n, labels, leaked=leaked, cut=depth == limit)
            for (stack, labels, depth), n in merged.items()
        )
        program, revisions = self._build()
        profile = Profile(kind, samples, total, self._time(), program=program, revisions=revisions)
        return profile, self._problems(wrong)

    def _build(self) -> tuple[str, tuple[str, ...]]:
        """The binary's name, and what mappings and comments say of the commit or version."""
        mappings, comments = self.message.mapping[:_MAX_TOLD], self.message.comment[:_MAX_TOLD]
        names = [self._string(mapping.filename) for mapping in mappings[:1]]
        told = [self._string(m.build_id) for m in mappings] + [self._string(comment) for comment in comments]
        revisions = (word for text in told for word in _REVISION.findall(text[:_MAX_TEXT]))
        return "".join(names).replace("\\", "/").rpartition("/")[2], tuple(dict.fromkeys(revisions))

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

    def _location(self, location: int) -> Stack:
        lines = self.locations.get(location)
        if lines is None:
            self.damaged += 1
            return ()
        return tuple(frame for frame in map(self._frame, lines[:MAX_INLINED]) if frame)

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
        pairs = tuple((label.key, label.str) for label in labels if label.str)
        if pairs not in self.labels:
            self.labels[pairs] = tuple(sorted((self._string(k), self._string(v)) for k, v in pairs))
        return self.labels[pairs]

    def _time(self) -> int | None:
        return self.message.time_nanos if 0 < self.message.time_nanos <= _LAST_NANOSECOND else None


def _bounded(number: int) -> int:
    return number if 0 <= number < _MAX_LINE else 0


class _Frames(dict):
    """Frames by location, looked up once each."""

    def __init__(self, find: Callable[[int], Stack]) -> None:
        self.find = find

    def __missing__(self, location: int) -> Stack:
        found = self[location] = self.find(location)
        return found
