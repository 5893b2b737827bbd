"""Profiles made by hand, placed on small Go files: one rule of the analysis at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.analysis.findings import Finding
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK, Frame, Profile, Sample
from goleak_lsp.settings import Evidence

STATES = {
    "send": "chan send",
    "receive": "chan receive",
    "select": "select",
    "lock": "sync.Mutex.Lock",
    "rlock": "sync.RWMutex.RLock",
    "wlock": "sync.RWMutex.Lock",
    "wait": "sync.WaitGroup.Wait",
    "io": "IO wait",
    "sleep": "sleep",
    "runnable": "runnable",
    "running": "running",
}
INNER = {
    "lock": ("sync.(*Mutex).Lock", "sync/mutex.go"),
    "rlock": ("sync.(*RWMutex).RLock", "sync/rwmutex.go"),
    "wlock": ("sync.(*RWMutex).Lock", "sync/rwmutex.go"),
    "wait": ("sync.(*WaitGroup).Wait", "sync/waitgroup.go"),
    "sleep": ("time.Sleep", "runtime/time.go"),
}
MINUTE = 60 * 10**9


@dataclass
class Go:
    """A module of one file whose lines are named by trailing ``//@name`` comments."""

    root: Path
    text: str

    def line(self, name: str) -> int:
        lines = self.text.split("\n")
        return next(i for i, text in enumerate(lines, 1) if text.endswith(f"//@{name}"))

    def frame(self, function: str, at: str) -> Frame:
        line = self.line(at)
        file = GoFile.parse(self.text.encode())
        # The innermost function of the line is the last one that it lies in.
        around = [f for f in file.functions if f.line <= line <= f.end_line and f.name == function]
        start = around[-1].line if around else 0
        return Frame(f"main.{function}", str(self.root / "main.go"), line, start)

    def sample(self, count: int, state: str, *calls: tuple[str, str], **more) -> Sample:
        """``count`` goroutines in ``state``; ``calls`` are (function, line's name), innermost first."""
        inner = (Frame(*INNER[state], 100),) if state in INNER else ()
        stack = (*inner, *(self.frame(function, at) for function, at in calls))
        return Sample(stack, count, state=STATES[state], **more)

    def check(self, *snapshots, base=(), limits: Evidence | None = None) -> list[Finding]:
        """The findings of snapshots of one process, each a Profile or (process, Profile)."""
        shots = [("p", s) if isinstance(s, Profile) else s for s in snapshots]
        based = [("p", s) if isinstance(s, Profile) else s for s in base]
        return analyse(shots, based, SourceTree(self.root), limits or Evidence())


def write(root: Path, text: str) -> Go:
    """A module of package main with one file."""
    text = "package main\n" + text
    (root / "go.mod").write_text("module example.com/app\n\ngo 1.26\n")
    (root / "main.go").write_text(text)
    return Go(root, text)


def plain(*samples: Sample, minute: int | None = None) -> Profile:
    """A goroutine profile, taken at a minute."""
    taken = None if minute is None else (minute + 1) * MINUTE
    return Profile(GOROUTINE, samples, sum(s.count for s in samples), taken)


def proof(*samples: Sample, minute: int | None = None) -> Profile:
    """A leak profile as the protobuf form is: leaked goroutines alone."""
    taken = None if minute is None else (minute + 1) * MINUTE
    return Profile(GOROUTINE_LEAK, samples, sum(s.count for s in samples), taken)


def said(findings: list[Finding]) -> list[tuple[str, int, int]]:
    """Evidence, count and the base's count of each."""
    return [(f.evidence, f.count, f.base_count) for f in findings]
