"""Profiles in the protobuf format of pprof, as ``/debug/pprof/goroutine`` serves them.

Source: the published layout in ``profile.proto``. Runtime frames are kept, since the park
frames tell the blocking kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain, compress, islice, repeat
from operator import itemgetter

from google.protobuf.message import DecodeError

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile.bindings import profile_pb2
from goleak_lsp.profile.depth import limit_of
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK, Frame, Profile, Sample, Stack, sample_of
from goleak_lsp.profile.names import text_form

KINDS = {"goroutine": GOROUTINE, "goroutines": GOROUTINE, "goroutineleak": GOROUTINE_LEAK}
_LAST_NANOSECOND = 253_402_300_799 * 10**9
_VALUE, _LOCATIONS, _LAST = 0x10, 0x0A, 0x7F
"""The tags of a sample's value and of its locations, and the largest byte that ends a number."""
_MAX_KNOWN = 10_000
_RUN = 12
"""Bytes of a run of locations, at least."""
_MAX_KEPT = 1_000_000
_MAX_LINE = 1 << 31
_MAX_COUNT = 1 << 53
MAX_FRAMES = 8_000_000
"""Frames of all stacks that differ together; a profile of 100,000 stacks has a quarter of it."""
MAX_DEPTH = 10_000
"""Frames of one stack; Go keeps 128 calls, and few of those are inlined."""
_FIRST = itemgetter(0)
_LARGE = 16 << 20
_BATCH = 200
"""Samples that are read at once: however deep, they hold no more frames than there may be."""
_MANY_FRAMES = 2_000_000
"""Frames of stacks that are merged even before all are read."""
MAX_INLINED = 1_000
_MAX_TOLD = 20
_MAX_TEXT = 2_000
_REVISION = re.compile(r"(?<![\w.])(?:[0-9a-f]{40}|[0-9a-f]{64}|v\d+\.\d+\.\d+[\w.+-]*)(?![\w.])")
"""A commit or a version in a comment or a build id."""


def decode(data: bytes) -> tuple[tuple[Profile], list[str]]:
    """The profile in uncompressed ``data``, and what could not be read of it.

    Raises ProfileError where the message is cut or damaged, or of another kind of profile.
    """
    try:
        profile, problems = _Reader(profile_pb2.Outline.FromString(data)).read()
    except DecodeError:
        # The library says the same when its memory does not suffice.
        more = " or needs too much memory" if len(data) > _LARGE else ""
        raise ProfileError(f"is not a complete pprof profile: it is cut off or damaged{more}") from None
    return (profile,), problems


class _Reader:
    """Turns one message into frozen values; every index in it is untrusted."""

    def __init__(self, message: profile_pb2.Outline) -> None:
        self.message = message
        self.strings = list(message.string_table)
        self.damaged = 0
        self.functions = {f.id: f for f in message.function}
        self.locations = {location.id: location.line for location in message.location}
        self.frames = _Frames(self._location)
        self.labels: dict[tuple, tuple] = {}

    def read(self) -> tuple[Profile, list[str]]:
        kind, column = self._kind()
        counts, merged = _Counts(column, self._labels), _Merged()
        total = wrong = 0
        left = iter(self.message.sample)
        # To read many at once is cheaper than one after another.
        while batch := list(islice(left, _BATCH)):
            parts = list(map(_split, batch))
            known = [counts[rest] for _, rest in parts]
            if None in known:
                parts = [part if one else _parted(data) for part, one, data in zip(parts, known, batch, strict=True)]
                known = [counts[rest] for _, rest in parts]
            if not all(0 <= count < _MAX_COUNT for count, _ in known):
                good = [0 <= count < _MAX_COUNT for count, _ in known]
                wrong += good.count(False)
                parts, known = list(compress(parts, good)), list(compress(known, good))
            total += sum(count for count, _ in known)
            stacks = [self.frames.stack(ids) for ids, _ in parts]
            merged.add(stacks, known)
        samples = merged.samples(kind == GOROUTINE_LEAK)
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
        if len(lines) == 1:
            frame = self._frame(lines[0])
            return (frame,) if frame else ()
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


class _Merged:
    """Stacks with their numbers of locations, counts and labels, side by side; the counts of equal ones are summed."""

    def __init__(self) -> None:
        self._stacks: list[Stack] = []
        self._depths: list[int] = []
        self._counts: list[int] = []
        self._labels: list[tuple] = []
        self._frames, self._many = 0, _MANY_FRAMES

    def add(self, found: list[tuple[Stack, int]], known: list[tuple[int, tuple]]) -> None:
        """Takes stacks, each with its number of locations, and for each its count and its labels."""
        if not (all(map(_FIRST, found)) and all(map(_FIRST, known))):
            there = [bool(stack and count) for (stack, _), (count, _) in zip(found, known, strict=True)]
            found, known = list(compress(found, there)), list(compress(known, there))
        if not found:
            return
        (stacks, depths), (counts, labels) = zip(*found, strict=True), zip(*known, strict=True)
        self._stacks += stacks
        self._depths += depths
        self._counts += counts
        self._labels += labels
        self._frames += sum(map(len, stacks))
        if self._frames > self._many:
            self._merge()

    def _merge(self) -> None:
        merged: dict[tuple, int] = {}
        for key, count in zip(zip(self._stacks, self._depths, self._labels, strict=True), self._counts, strict=True):
            merged[key] = merged.get(key, 0) + count
        self._stacks, self._depths, self._labels = (list(column) for column in zip(*merged, strict=True))
        self._counts = list(merged.values())
        self._frames = sum(map(len, self._stacks))
        if self._frames > MAX_FRAMES:
            raise ProfileError(f"has more than {MAX_FRAMES:,} frames in different stacks")
        self._many = max(_MANY_FRAMES, 2 * self._frames)

    def samples(self, leaked: bool) -> tuple[Sample, ...]:
        """All of it as samples."""
        # To hash long stacks is dear. Mostly all differ, and then it is done once.
        if len(set(self._stacks)) < len(self._stacks) or self._frames > MAX_FRAMES:
            self._merge()
        limit, cut = limit_of(max(self._depths, default=0)), repeat(False)
        if limit or max(map(len, self._stacks), default=0) == MAX_DEPTH:
            both = zip(self._stacks, self._depths, strict=True)
            cut = [depth == limit or len(stack) == MAX_DEPTH for stack, depth in both]
        rest = (repeat(value) for value in ("", None, None, leaked, ()))
        columns = zip(self._stacks, self._counts, self._labels, *rest, cut)  # noqa: B905 - some have no end
        return tuple(map(sample_of, columns))


def _split(data: bytes) -> tuple[bytes, bytes]:
    """The locations of an encoded sample, as they are packed, and what it holds beside them.

    What Go writes, the count and then the locations, is told by its bytes; all else is read as a message.
    """
    at = 0
    if not data:
        return data, data
    try:
        if data[0] == _VALUE:
            at = 2
            while data[at - 1] > _LAST:
                at += 1
        size, begin = data[at + 1], at + 2
        if size > _LAST:
            size, begin = size - 128 + data[begin] * 128, begin + 1
        end = begin + size
        # A size of three bytes is larger than all that there is, as it is read here.
        if data[at] == _LOCATIONS and size and end <= len(data):
            return data[begin:end], data[:at] + data[end:]
    except IndexError:
        pass  # too short to be what Go writes
    return _parted(data)


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """The same for any sample."""
    sample = profile_pb2.Sample.FromString(data)
    packed = profile_pb2.Sample(location_id=sample.location_id).SerializeToString()
    del sample.location_id[:]
    # The tag and the size, whose bytes but the last are large, stand before the numbers.
    begin = next((at for at in range(1, len(packed)) if packed[at] <= _LAST), -1) + 1
    return packed[begin:], sample.SerializeToString()


class _Counts(dict):
    """Count and labels by what samples hold beside their locations, which is the same for most.

    None where there are more locations in it.
    """

    def __init__(self, column: int, labels: Callable) -> None:
        self._column, self._labels = column, labels

    def __missing__(self, rest: bytes) -> tuple[int, tuple[tuple[str, str], ...]] | None:
        sample = profile_pb2.Sample.FromString(rest)
        count = sample.value[self._column] if self._column < len(sample.value) else 0
        labels = self._labels(sample.label) if sample.label and 0 <= count < _MAX_COUNT else ()
        found = None if sample.location_id else (count, labels)
        if len(self) < _MAX_KNOWN:
            self[rest] = found
        return found


def _bounded(number: int) -> int:
    return number if 0 <= number < _MAX_LINE else 0


class _Locations(dict):
    """The frames of each location, looked up once."""

    def __init__(self, find: Callable[[int], Stack]) -> None:
        self._find = find

    def __missing__(self, number: int) -> Stack:
        found = self[number] = self._find(number)
        return found


class _Frames:
    """Stacks by their locations, each of which is looked up once, and so is every run of them."""

    def __init__(self, find: Callable[[int], Stack]) -> None:
        self._known = _Locations(find)
        self._runs: dict[bytes, tuple[Stack, int]] = {}
        self._size = 0

    def stack(self, ids: bytes) -> tuple[Stack, int]:
        """The frames of packed locations, at most the innermost ``MAX_DEPTH``, and the number of locations."""
        stack, depth, at, runs = (), 0, 0, self._runs
        while at < len(ids):
            end = at + _RUN
            # The last byte of a number is a small one.
            while end < len(ids) and ids[end - 1] > _LAST:
                end += 1
            run = ids[at:end]
            frames, number = runs.get(run) or self._learn(run)
            stack, depth, at = stack + frames, depth + number, end
            if len(stack) >= MAX_DEPTH:
                return stack[:MAX_DEPTH], depth
        return stack, depth

    def _learn(self, run: bytes) -> tuple[Stack, int]:
        if len(run) > _LAST:
            raise DecodeError("a number that does not end")
        numbers = run
        if max(run) > _LAST:
            numbers = profile_pb2.Sample.FromString(bytes([_LOCATIONS, len(run)]) + run).location_id
        found = tuple(chain.from_iterable(map(self._known.__getitem__, numbers))), len(numbers)
        self._size += _RUN + len(found[0])
        if self._size > _MAX_KEPT:
            # Runs that do not recur are not worth their memory.
            self._runs.clear()
            self._size = 0
        self._runs[run] = found
        return found
