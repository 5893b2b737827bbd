"""Who holds the lock that a finding waits for, and where its function stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.fixes.model import Holder, Target
from goleak_lsp.golang.declarations import Declarations, Routine
from goleak_lsp.golang.locking import held_at
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.golang.things import lock_of
from goleak_lsp.profile.names import split


def holders_in(finding: Finding, target: Target, current: Callable[[Path], GoFile | None]) -> list[Holder]:
    """Those who hold what is waited for, in files of the package that are still what the snapshot was read with."""
    path, file, found = target.path, target.file, []
    for link in finding.deadlock.ring if finding.deadlock else finding.holders:
        spot, held = link.taken.spot, link.taken.held
        now = file if spot.path == path else current(spot.path)
        if spot.path.parent != path.parent or now is None or spot.offset is None or not held.sure:
            continue
        if now.package == file.package and now.data == spot.routine.file.data:
            found.append(Holder(spot.path, now, held.at, spot.offset, held.receiver, held.mode))
    return found


def itself(finding: Finding, target: Target) -> list[Holder]:
    """Where a goroutine that is proved to wait for ever has taken the lock that it waits for, further out on its stack.

    Another value's lock of that field may be meant: the runtime's proof makes that unlikely, the code cannot tell.
    """
    if finding.evidence != "leaked" or target.operation.kind not in ("mutex-lock", "rwmutex-rlock"):
        return []
    package = Declarations(target.package.files)
    called = target.node.child_by_field_name("function")
    wanted = lock_of(package, target.file, called.child_by_field_name("operand")) if called is not None else None
    found = []
    for frame in finding.stack:
        for path, file in target.package.files.items():
            functions = file.functions_named(split(frame.function)[1]) if path.name == Path(frame.file).name else []
            for function in (f for f in functions if f.line <= frame.line <= f.end_line):
                calls = [op for op in file.calls_on_line(frame.line) if op.function == function.index]
                held = held_at(package, Routine(path, file, function), calls[0].start) if calls else []
                found += [
                    Holder(path, file, h.at, calls[0].start, h.receiver, h.mode)
                    for h in held
                    if h.thing == wanted and (h.sure or not _is_given_by_others(target, h.receiver, h.at))
                ]
    return found


def _is_given_by_others(target: Target, receiver: str, at: int) -> bool:
    """Whether another function gives such a lock back that it has not taken: what it is called in may do so."""
    name = "." + receiver.rpartition(".")[2] if "." in receiver else ""
    for function in target.package.functions():
        unlocked, locked = (function.text.find(f"{name}.{call}()") for call in ("Unlock", "Lock"))
        is_own = function.node.start_byte <= at < function.node.end_byte
        if not is_own and unlocked >= 0 and not 0 <= locked < unlocked:
            return True
    return False
