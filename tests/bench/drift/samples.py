"""The profile that a program of the old source would have given, in each format."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from drift.source import Blocked, root_of

from goleak_lsp.golang.syntax import GoFile, Operation
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.model import Frame, Profile, Sample

FORMATS = ("protobuf", "debug=2", "debug=1")

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
        old, new = self.program.files[one.path], self.tree.read(self.tree.root / one.path)
        root = root_of(old, one.function)
        today = [f for f in new.functions if f.outer is None and f.name == root.name] if new else []
        if len(today) != 1:
            return None
        shift = today[0].line - root.line
        seen = [f.line for f in self.frames if f.file == f"{self.program.prefix}/{one.path}" and f.line != one.line]
        if self.form == "protobuf":
            seen = [line for line in seen if root.line <= line <= root.end_line]
        elif shift:
            return None
        if any(old.lines.text(line).strip() != new.lines.text(line + shift).strip() for line in seen):
            return None
        line = one.line + shift
        if one.callee:
            alike = any(call.operand.endswith("." + one.callee) for call in new.calls_on_line(line))
        else:
            alike = any(op.kind == one.operation.kind and not op.in_select for op in new.operations_on_line(line))
        return (one.path, line) if alike else None
