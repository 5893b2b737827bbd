"""A Go module with many blocking operations, and profiles that say that goroutines stand there."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from goleak_lsp.profile import profile_pb2

GROUP = 50
"""Packages in one folder."""

_RECEIVE = ("runtime.gopark", "runtime.chanrecv", "runtime.chanrecv1")
_SEND = ("runtime.gopark", "runtime.chansend", "runtime.chansend1")
_SELECT = ("runtime.gopark", "runtime.selectgo")
_LOCK = ("runtime.gopark", "runtime.semacquire1", "internal/sync.runtime_SemacquireMutex", "sync.(*Mutex).Lock")

# What one function does, the line of it that blocks (from its start), and the frames inside.
_SHAPES = (
    ("\tresult := make(chan int)\n\t<-result\n", 2, _RECEIVE),
    ("\ts.results <- len(s.name)\n\ts.done()\n", 1, _SEND),
    ("\tselect {\n\tcase <-s.quit:\n\tcase s.results <- 1:\n\t}\n", 1, _SELECT),
    ("\ts.mu.Lock()\n\tdefer s.mu.Unlock()\n", 1, _LOCK),
)
_HEAD = """package {package}

import "sync"

type server struct {{
	mu      sync.Mutex
	name    string
	results chan int
	quit    chan struct{{}}
}}

func (s *server) done() {{ s.name = "" }}
"""


@dataclass
class Module:
    """A module on disk and the places in it where something blocks."""

    root: Path
    files: list[Path] = field(default_factory=list)
    places: list[tuple[str, Path, int, int, tuple[str, ...]]] = field(default_factory=list)

    def profile(self, counts: Iterator[int], places: int | None = None) -> bytes:
        """A gzip profile of goroutines at the first ``places`` places, or at all."""
        return _profile(self.places[:places], counts)


def write(root: Path, files: int, functions: int, lines: int = 0) -> Module:
    """A module of so many files (a package each) with so many functions that block.

    Every file is filled up with comments, spread between its functions, to ``lines`` lines.
    """
    module = Module(root)
    root.mkdir(parents=True)
    (root / "go.mod").write_text("module example.com/bench\n\ngo 1.26\n")
    for number in range(files):
        # No folder of a real repository has thousands of others in it.
        path = root / f"group{number // GROUP}" / f"part{number}" / "server.go"
        path.parent.mkdir(parents=True)
        path.write_text(_file(module, path, functions, lines))
        module.files.append(path)
    return module


def _file(module: Module, path: Path, functions: int, lines: int) -> str:
    package = path.parent.name
    text = _HEAD.format(package=package)
    for number in range(functions):
        body, offset, inner = _SHAPES[number % len(_SHAPES)]
        start = text.count("\n") + 2
        name = f"example.com/bench/{path.parent.relative_to(module.root).as_posix()}.(*server).wait{number}"
        module.places.append((name, path, start, start + offset, inner))
        text += f"\nfunc (s *server) wait{number}() {{\n{body}}}\n"
        wanted = lines * (number + 1) // functions
        text += "// Some words about nothing in particular.\n" * (wanted - text.count("\n"))
    return text


def _profile(places, counts: Iterator[int]) -> bytes:
    message = profile_pb2.Profile(time_nanos=10**18)
    strings = {"": 0, "goroutine": 1, "count": 2}
    message.sample_type.add(type=1, unit=2)
    known: dict[tuple, int] = {}

    def string(text: str) -> int:
        return strings.setdefault(text, len(strings))

    def location(function: str, file: str, start: int, line: int) -> int:
        key = (function, line)
        if key not in known:
            known[key] = number = len(known) + 1
            message.function.add(id=number, name=string(function), filename=string(file), start_line=start)
            message.location.add(id=number).line.add(function_id=number, line=line)
        return known[key]

    for (name, path, start, line, inner), count in zip(places, counts, strict=False):
        ids = [location(frame, "/usr/local/go/src/runtime/proc.go", 400, 460) for frame in inner]
        ids.append(location(name, str(path), start, line))
        ids.append(location("example.com/bench/work.Run", "/go/pkg/mod/example.com/work@v1.0.0/run.go", 10, 21))
        message.sample.add(location_id=ids, value=[count])
    message.string_table.extend(strings)
    return gzip.compress(message.SerializeToString(), 1)
