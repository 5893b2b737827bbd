"""The profile that a program of the old source would have given, in each format."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from drift.source import Blocked, root_of

from goleak_lsp.golang.syntax import GoFile, Operation
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.model import Frame, Profile, Sample

FORMATS = ("protobuf", "debug=2", "debug=1")

PUT_IN, RIGHT_THERE = 6, 2
"""Lines that one of our edits puts in above an operation in its function, and in its very place or out of it."""

_PARK = {
    "chan-send": ("runtime.gopark", "runtime.chansend", "runtime.chansend1"),
    "chan-receive": ("runtime.gopark", "runtime.chanrecv", "runtime.chanrecv1"),
    "select": ("runtime.gopark", "runtime.selectgo"),
    "select-empty": ("runtime.gopark", "runtime.block"),
    "mutex-lock": (
        "runtime.gopark", "runtime.semacquire1", "internal/sync.runtime_SemacquireMutex",
        "internal/sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock",
    ),
    "rwmutex-rlock": (
        "runtime.gopark", "runtime.semacquire1", "sync.runtime_SemacquireRWMutexR", "sync.(*RWMutex).RLock",
    ),
    "waitgroup-wait": (
        "runtime.gopark", "runtime.semacquire1", "sync.runtime_SemacquireWaitGroup", "sync.(*WaitGroup).Wait",
    ),
    "io-wait": ("runtime.gopark", "runtime.netpollblock", "internal/poll.runtime_pollWait"),
}  # fmt: skip
_STATES = {
    "chan-send": "chan send",
    "chan-receive": "chan receive",
    "select": "select",
    "select-empty": "select (no cases)",
    "mutex-lock": "sync.Mutex.Lock",
    "rwmutex-rlock": "sync.RWMutex.RLock",
    "waitgroup-wait": "sync.WaitGroup.Wait",
    "io-wait": "IO wait",
}


class Program:
    """A build of the old source: how its paths and packages are spelled."""

    def __init__(self, module: str, files: Mapping[str, GoFile], prefix: str, rng: random.Random) -> None:
        self.module, self.files, self.prefix, self.rng = module, files, prefix, rng
        self._called: dict[str, dict[str, list[Operation]]] = {}

    def profile(self, blocked: Iterable[Blocked], form: str) -> tuple[Profile, dict[tuple[Frame, ...], Blocked]]:
        """A profile with one stack for each operation, and which stack is whose."""
        samples, whose = [], {}
        for one in blocked:
            stack = self._stack(one, form)
            state = _STATES[one.kind] if form == "debug=2" else ""
            created = self._created(one) if form == "debug=2" else None
            if stack not in whose:
                samples.append(Sample(stack, 1 + len(samples) % 7, state=state, created_by=created))
                whose[stack] = one
        return Profile("goroutine", tuple(samples), sum(s.count for s in samples)), whose

    def _stack(self, one: Blocked, form: str) -> tuple[Frame, ...]:
        names = list(_PARK[one.kind])
        if one.callee:
            names.append(f"example.org/lib.(*T).{one.callee}")
        if form != "protobuf":
            names = [n for n in names if not n.startswith("runtime.")]
        inner = [Frame(n, "/usr/local/go/src/runtime/proc.go", 400, 380 if form == "protobuf" else 0) for n in names]
        return (*inner, *self._user_frames(one, form))

    def _user_frames(self, one: Blocked, form: str) -> list[Frame]:
        frames = [self._frame(one.path, one.function, one.line, form)]
        file = self.files[one.path]
        callers = self._calls(one.path).get(one.function.name.rpartition(".")[2], [])
        if callers and not one.function.is_closure and self.rng.random() < 0.6:
            call = self.rng.choice(callers)
            frames.append(self._frame(one.path, file.functions[call.function], call.line, form))
        return frames

    def _calls(self, path: str) -> dict[str, list[Operation]]:
        """The calls in a file by the last name of what they call."""
        if path not in self._called:
            file, found = self.files[path], {}
            for line in range(1, len(file.lines.starts) + 1):
                for call in file.calls_on_line(line):
                    if not call.deferred:
                        found.setdefault(call.operand.rpartition(".")[2], []).append(call)
            self._called[path] = found
        return self._called[path]

    def _frame(self, path: str, function, line: int, form: str) -> Frame:
        start = function.line if form == "protobuf" else 0
        return Frame(f"{self._package(path)}.{function.name}", f"{self.prefix}/{path}", line, start)

    def _created(self, one: Blocked) -> Frame | None:
        file, at = self.files[one.path], one.function
        while at is not None:
            for go in file.go_statements:
                if at.outer is not None and go.line == at.line and go.function == at.outer:
                    return self._frame(one.path, file.functions[at.outer], go.line, "debug=2")
            at = file.functions[at.outer] if at.outer is not None else None
        return None

    def _package(self, path: str) -> str:
        if self.files[path].package == "main":
            return "main"
        folder = path.rpartition("/")[0]
        head, _, last = f"{self.module}/{folder}".rstrip("/").rpartition("/")
        return f"{head}/{last.replace('.', '%2e')}"


class Likeness:
    """Whether today's text could be the one that a profile's program was built of, for all that was seen."""

    def __init__(self, program: Program, profile: Profile, form: str, tree: SourceTree) -> None:
        self.program, self.form, self.tree = program, form, tree
        self.frames = {f for s in profile.samples for f in (*s.stack, s.created_by) if f}

    def instead(self, one: Blocked) -> tuple[str, int] | None:
        """Path and line of what stands in an operation's very place, is of its kind, and belies nothing seen.

        Formats with start lines tell that of one function, the others of the whole file.
        """
        shift = self._shift(one)
        if shift is None or (shift and self.form != "protobuf"):
            return None
        old, new = self.program.files[one.path], self.tree.read(self.tree.root / one.path)
        root = root_of(old, one.function)
        seen = self._lines_seen(one)
        if self.form == "protobuf":
            seen = [line for line in seen if root.line <= line <= root.end_line]
        if any(old.lines.text(line).strip() != new.lines.text(line + shift).strip() for line in seen):
            return None
        line = one.line + shift
        return (one.path, line) if _alike(one, new, line) else None

    def has_other_readings(self, one: Blocked) -> bool:
        """Whether an edit as small as ours would have left this text of another, the operation standing elsewhere.

        That is so where another of the kind stands in the function as few lines below as there is
        room to have been put in above, and nothing that was seen further down in the file tells how far it moved.
        """
        shift = self._shift(one)
        if shift is None or any(line > one.line for line in self._lines_seen(one)):
            return False
        new, line = self.tree.read(self.tree.root / one.path), one.line + shift
        room = one.line - one.function.line - 1
        others = range(line + 1, line + 1 + max(RIGHT_THERE, min(PUT_IN, room)))
        return any(_alike(one, new, other) for other in others)

    def _shift(self, one: Blocked) -> int | None:
        """By how many lines the declared function of an operation moved; None where it is not there, or twice."""
        old, new = self.program.files[one.path], self.tree.read(self.tree.root / one.path)
        root = root_of(old, one.function)
        today = [f for f in new.functions if f.outer is None and f.name == root.name] if new else []
        return today[0].line - root.line if len(today) == 1 else None

    def _lines_seen(self, one: Blocked) -> list[int]:
        """The other lines of an operation's file that the profile has."""
        path = f"{self.program.prefix}/{one.path}"
        return [frame.line for frame in self.frames if frame.file == path and frame.line != one.line]


def _alike(one: Blocked, file: GoFile, line: int) -> bool:
    """Whether a line has what a profile cannot tell from the operation."""
    if one.callee:
        return any(call.operand.endswith("." + one.callee) for call in file.calls_on_line(line))
    return any(op.kind == one.operation.kind and not op.in_select for op in file.operations_on_line(line))
