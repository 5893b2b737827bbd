"""What a running server is asked: snapshots with new counts, and keystrokes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count, repeat
from pathlib import Path

from support.client import Client, insert, replace
from support.pprof_server import send, serving

from bench import workload
from bench.figures import Figure
from bench.processes import memory, processor_time

FEWEST = 100
"""Goroutines at every place, so that each is a finding."""
KEYS = 40
"""Keystrokes of one round."""
LINES = 5000


def measure(figure: Figure, client: Client, work: Callable[[], float | None]) -> None:
    """Times ``work``, which may return when it began."""
    before, begun = processor_time(client.process.pid), time.perf_counter()
    begun = work() or begun
    wall = time.perf_counter() - begun
    after = processor_time(client.process.pid)
    figure.add(wall, None if before is None or after is None else after - before)


class Snapshots:
    """New counts of 500 stacks, from a file and from a service, until all is published."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.module = workload.write(folder / "snapshots", files=10, functions=50)
        self.file = folder / "goroutine.pb.gz"
        self.counts = count(FEWEST)
        self.body = self.module.profile(repeat(1))
        self.asked_at = 0.0
        answers = {"/debug/pprof/": b"<html><a href='goroutine?debug=1'>", "/debug/pprof/goroutine": self.answer}
        service = stack.enter_context(serving(answers))
        self.by_file, self.by_service = (stack.enter_context(Client()) for _ in range(2))
        self.by_file.initialize(self.module.root)
        self.by_service.initialize(self.module.root, {"sources": [service.address], "poll": {"interval": 0.2}})
        self.loaded = Figure("500 stacks of a file, asked → published", 25)
        self.polled = Figure("500 stacks of a service, asked → published", 25)
        self.figures = [self.loaded, self.polled]

    def answer(self, handler) -> None:
        """What the service says; the server under test polls it all the time."""
        body, asked_at = self.body, time.perf_counter()
        if body is not self.sent:
            self.sent, self.asked_at = body, asked_at
        send(handler, body)

    sent = b""

    def round(self) -> None:
        body = self.module.profile(repeat(next(self.counts)))
        self.file.write_bytes(body)
        measure(self.loaded, self.by_file, self.load)
        self.body = body
        measure(self.polled, self.by_service, self.poll)

    def load(self) -> None:
        self.by_file.seen.clear()
        answer = self.by_file.command("goleak.load", str(self.file))
        assert "error" not in answer, answer
        self.all_published(self.by_file.seen)

    def poll(self) -> float:
        """Waits for the diagnostics of the next poll; when that came to the service."""
        seen = self.by_service.seen
        seen.clear()
        for _ in self.module.files:
            self.by_service.until(lambda message: message.get("method") == "textDocument/publishDiagnostics")
        self.all_published(seen)
        return self.asked_at

    def all_published(self, messages: list[dict]) -> None:
        told = [m["params"] for m in messages if m.get("method") == "textDocument/publishDiagnostics"]
        found = sum(len(params["diagnostics"]) for params in told)
        assert found == len(self.module.places), f"{found} diagnostics for {len(self.module.places)} places"

    def notes(self) -> list[str]:
        held = memory(self.by_file.process.pid)
        return [] if held is None else [f"a server with 500 stacks on {held:.0f} MiB"]


class Keystrokes:
    """Letters typed into a comment of a file of 5,000 lines, before most of its findings."""

    def __init__(self, folder: Path, stack: ExitStack, findings: int = 50) -> None:
        module = workload.write(folder / "keystrokes", files=1, functions=250, lines=LINES)
        profile = folder / "keystrokes.pb.gz"
        profile.write_bytes(module.profile(repeat(FEWEST), places=findings))
        self.client = stack.enter_context(Client())
        # Builds in the pauses between the rounds would fall on whatever is measured then.
        self.client.initialize(module.root, {"sources": [str(profile)], "fixes": {"verify": False}})
        path = module.files[0]
        self.uri = self.client.open(path)
        self.client.diagnostics(self.uri, lambda found: len(found) == findings, 120)
        self.client.verified(300)
        text = path.read_text().split("\n")
        self.line = next(at for at, line in enumerate(text) if line.startswith("// ") and at > len(text) // 10)
        self.finding = module.places[20][3] - 1
        self.version = 1
        self.lens = Figure("keystroke in 5,000 lines → lenses", 5, at="p99")
        self.actions = Figure("keystroke in 5,000 lines → fixes at the cursor")
        self.figures = [self.lens, self.actions]

    def round(self) -> None:
        for number in range(KEYS):
            self.type(insert(self.line, 10, "x") if number % 2 == 0 else replace(self.line, 10, self.line, 11, ""))

    def type(self, change: dict) -> None:
        measure(self.lens, self.client, lambda: self.changed(change, "textDocument/codeLens", {}))
        place = {"line": self.finding, "character": 1}
        asked = {"range": {"start": place, "end": place}, "context": {"diagnostics": []}}
        measure(self.actions, self.client, lambda: self.changed(change, "textDocument/codeAction", asked))

    def changed(self, change: dict, method: str, params: dict) -> None:
        self.version += 1
        self.client.change(self.uri, self.version, change)
        found = self.client.result(method, {"textDocument": {"uri": self.uri}, **params})
        assert found, f"{method} found nothing"

    def notes(self) -> list[str]:
        return []


class CodeActions:
    """What an editor asks at every move of the cursor, in a file with 500 findings whose fixes are verified."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.module = workload.write(folder / "actions", files=1, functions=500)
        profile = folder / "actions.pb.gz"
        profile.write_bytes(self.module.profile(repeat(FEWEST)))
        self.client = stack.enter_context(Client())
        self.client.initialize(self.module.root, {"sources": [str(profile)], "poll": {"interval": 0}})
        self.uri = self.client.open(self.module.files[0])
        told = self.client.diagnostics(self.uri, bool, 120)["diagnostics"]
        assert len(told) == len(self.module.places)
        self.client.verified(300)
        self.with_finding = Figure("cursor on one of 500 findings → fixes", 50, at="p99")
        self.without = Figure("cursor on another line → fixes", 5, at="p99")
        self.figures = [self.with_finding, self.without]
        self.next = count()

    def round(self) -> None:
        for _ in range(KEYS):
            line = self.module.places[next(self.next) * 37 % len(self.module.places)][3] - 1
            measure(self.with_finding, self.client, lambda line=line: self.ask(line, True))
            measure(self.without, self.client, lambda: self.ask(0, False))

    def ask(self, line: int, expected: bool) -> None:
        place = {"line": line, "character": 1}
        asked = {"range": {"start": place, "end": place}, "context": {"diagnostics": []}}
        found = self.client.result("textDocument/codeAction", {"textDocument": {"uri": self.uri}, **asked})
        assert bool(found) == expected

    def notes(self) -> list[str]:
        return []
