"""Profiles of marker archives, in the formats of Go's runtime.

The frames below the user's are those of real profiles of Go 1.27.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from goleak_lsp.golang.syntax import Function, GoFile
from goleak_lsp.profile import profile_pb2
from support.archive import Archive
from support.markers import Marker

TAKEN_AT = 1_790_000_000_000_000_000
BUILT_IN = "/src/markers"
MODULE = "example.com/markers"

_CHAN = "/src/go1.27/src/runtime/chan.go"
_PARK = ("runtime.gopark", "/src/go1.27/src/runtime/proc.go", 474, 459)


def _sync(*names: str) -> list[tuple]:
    parked = [_PARK, ("runtime.semacquire1", "/src/go1.27/src/runtime/sema.go", 203, 144)]
    return parked + [(name, "/src/go1.27/src/sync/sync.go", 100, 90) for name in names]


def _channel(inner: str, line: int, start: int, outer: str) -> list[tuple]:
    return [_PARK, (f"runtime.{inner}", _CHAN, line, start), (f"runtime.{outer}", _CHAN, start - 9, start - 11)]


_LAST = """goroutine 16 [syscall, 10 minutes]:
os/signal.signal_recv()
\t/src/go1.27/src/runtime/sigqueue.go:152 +0x29
os/signal.loop()
\t/src/go1.27/src/os/signal/signal_unix.go:23 +0x13
created by os/signal.Notify.func1.1 in goroutine 1
\t/src/go1.27/src/os/signal/signal.go:151 +0x1f
"""

PARKED = {
    "chan receive": _channel("chanrecv", 667, 524, "chanrecv1"),
    "chan receive, second": _channel("chanrecv", 667, 524, "chanrecv2"),
    "chan receive (nil chan)": _channel("chanrecv", 536, 524, "chanrecv1"),
    "chan send": _channel("chansend", 283, 176, "chansend1"),
    "chan send (nil chan)": _channel("chansend", 181, 176, "chansend1"),
    "select": [_PARK, ("runtime.selectgo", "/src/go1.27/src/runtime/select.go", 351, 122)],
    "select (no cases)": [_PARK, ("runtime.block", "/src/go1.27/src/runtime/select.go", 103, 102)],
    "sync.Mutex.Lock": _sync(
        "internal/sync.runtime_SemacquireMutex", "internal/sync.(*Mutex).lockSlow",
        "internal/sync.(*Mutex).Lock", "sync.(*Mutex).Lock",
    ),
    "sync.RWMutex.RLock": _sync("sync.runtime_SemacquireRWMutexR", "sync.(*RWMutex).RLock"),
    "sync.RWMutex.Lock": _sync("sync.runtime_SemacquireRWMutex", "sync.(*RWMutex).Lock"),
    "sync.WaitGroup.Wait": _sync("sync.runtime_SemacquireWaitGroup", "sync.(*WaitGroup).Wait"),
    "sync.Cond.Wait": [
        _PARK,
        ("sync.runtime_notifyListWait", "/src/go1.27/src/runtime/sema.go", 617, 588),
        ("sync.(*Cond).Wait", "/src/go1.27/src/sync/cond.go", 71, 66),
    ],
    "sleep": [_PARK, ("time.Sleep", "/src/go1.27/src/runtime/time.go", 363, 338)],
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Goroutines that share one stack: frames are (function, file, line, start line), inner first."""

    count: int
    leaked: bool
    state: str
    minutes: int
    labels: dict[str, str]
    frames: list[tuple]
    created: tuple | None


def groups(found: Iterable[Archive]) -> list[Group]:
    """The goroutines of all archives, in order."""
    return [group for archive in found for group in _of(archive)]


def _of(archive: Archive) -> list[Group]:
    started: dict[str, tuple] = {}
    parked = []
    for name, data in archive.sources.items():
        source = _Source(archive, name, data)
        for marker in source.markers:
            if marker.verb == "started":
                started[marker.arguments[0] if marker.arguments else ""] = source.frame(marker)
            elif marker.verb in ("parked", "leaked"):
                parked.append((marker, source.frame(marker)))
    only = next(iter(started.values())) if len(started) == 1 else None
    return [_group(marker, frame, started.get(marker.get("by"), only)) for marker, frame in parked]


def _group(marker: Marker, frame: tuple, created: tuple | None) -> Group:
    count, state = marker.arguments
    below = PARKED[f"{state}, second" if marker.get("second") else state]
    return Group(
        count, marker.verb == "leaked", state, marker.get("minutes", 0), marker.get("labels", {}),
        [*below, frame], created,
    )  # fmt: skip


class _Source:
    """One file of an archive, where functions have their runtime names."""

    def __init__(self, archive: Archive, name: str, data: bytes) -> None:
        self.path = f"{BUILT_IN}/{archive.name}/{name}"
        self.package = f"{MODULE}/{archive.name}"
        self.file = GoFile.parse(data)
        self.markers = [m for file, m in archive.marked() if file == name]

    def frame(self, marker: Marker) -> tuple:
        """The frame of the line that a marker ends."""
        row = self.file.lines.text(marker.line)
        offset = self.file.lines.offset(marker.line, len(row.encode()) - len(row.lstrip().encode()))
        function = self._function(marker, offset)
        return (f"{self.package}.{function.name}", self.path, marker.line, function.line)

    def _function(self, marker: Marker, offset: int) -> Function:
        if name := marker.get("function"):
            return next(f for f in self.file.functions if f.name == name)
        return self.file.function_at(offset)


def protobuf(kind: str, found: Iterable[Group]) -> bytes:
    """A ``goroutine`` profile of all groups, or a ``goroutineleak`` profile of the leaked ones."""
    message, strings = profile_pb2.Profile(time_nanos=TAKEN_AT, period=1), _Strings()
    for target in (message.sample_type.add(), message.period_type):
        target.type, target.unit = strings.index(kind), strings.index("count")
    locations: dict[tuple, int] = {}
    for group in found:
        if kind == "goroutineleak" and not group.leaked:
            continue
        sample = message.sample.add(value=[group.count])
        for frame in group.frames:
            if frame not in locations:
                locations[frame] = len(locations) + 1
                _add(message, strings, locations[frame], frame)
            sample.location_id.append(locations[frame])
        for key, value in group.labels.items():
            sample.label.add(key=strings.index(key), str=strings.index(value))
    message.string_table.extend(strings.known)
    return gzip.compress(message.SerializeToString(), mtime=0)


class _Strings:
    def __init__(self) -> None:
        self.known = {"": 0}

    def index(self, text: str) -> int:
        return self.known.setdefault(text, len(self.known))


def _add(message, strings: _Strings, number: int, frame: tuple) -> None:
    name, file, line, start = frame
    name = strings.index(name.replace("[...]", "[go.shape.struct { A []string; b int }]"))
    message.function.add(id=number, name=name, system_name=name, filename=strings.index(file), start_line=start)
    location = message.location.add(id=number, address=0x400000 + number)
    location.line.add(function_id=number, line=line)


def dump(found: Iterable[Group]) -> bytes:
    """``goroutineleak?debug=2``: every goroutine, the leaked ones marked."""
    blocks, number = [], 17
    for group in found:
        for _ in range(group.count):
            blocks.append(_block(number, group))
            number += 1
    # A last goroutine with its origin says that nothing was cut off behind it.
    return "\n".join([*blocks, _LAST]).encode()


def _block(number: int, group: Group) -> str:
    state = group.state + (" (leaked)" if group.leaked else "")
    state += f", {group.minutes} minutes" if group.minutes else ""
    labels = ", ".join(f"{_quoted(k)}: {_quoted(v)}" for k, v in sorted(group.labels.items()))
    head = f"goroutine {number} [{state}]{f' {{{labels}}}' if labels else ''}:\n"
    shown = [frame for frame in group.frames if not frame[0].startswith("runtime.")]
    stack = "".join(f"{name}(0x{number:x}, ...)\n\t{file}:{line} +0x1d\n" for name, file, line, _ in shown)
    if group.created is None:
        return head + stack
    name, file, line, _ = group.created
    return f"{head}{stack}created by {name} in goroutine 1\n\t{file}:{line} +0x85\n"


def _quoted(text: str) -> str:
    """As the runtime's own quoting does: what is not plain is quoted, control characters escaped."""
    if text.isascii() and text.isalnum():
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def write(folder: Path, form: str, found: list[Group]) -> str:
    """Writes the profiles in one form and gives the SOURCE that reads them all."""
    folder.mkdir()
    if form == "dump":
        (folder / "goroutine.txt").write_bytes(dump(found))
    else:
        (folder / "plain.pb.gz").write_bytes(protobuf("goroutine", found))
        (folder / "proof.pb.gz").write_bytes(protobuf("goroutineleak", found))
    return str(folder / "*")
