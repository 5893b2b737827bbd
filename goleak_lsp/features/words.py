"""The words about findings, once: lenses, hints, diagnostics and reports all say the same."""

from __future__ import annotations

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.placing.place import FUNCTION, NONE
from goleak_lsp.text import printable

WAITS = {
    "chan-send": "channel send",
    "chan-receive": "channel receive",
    "chan-range": "range over a channel",
    "nil-chan-send": "send to a nil channel",
    "nil-chan-receive": "receive from a nil channel",
    "select": "select",
    "select-empty": "select without cases",
    "mutex-lock": "Mutex.Lock",
    "rwmutex-rlock": "RWMutex.RLock",
    "rwmutex-lock": "RWMutex.Lock",
    "waitgroup-wait": "WaitGroup.Wait",
    "cond-wait": "Cond.Wait",
    "semacquire": "semaphore",
    "io-wait": "network or file I/O",
    "sleep": "sleep",
    "busy-loop": "endless loop",
    "syscall": "system call",
    "coroutine": "iter.Pull",
    "other": "running or unknown",
}


def goroutines(count: int) -> str:
    """``1 goroutine`` or ``N goroutines``."""
    return f"{count} goroutine" + ("" if count == 1 else "s")


def title(finding: Finding) -> str:
    """The count as a lens and a hint show it."""
    count = goroutines(finding.count)
    if finding.placement.confidence == FUNCTION:
        return f"{count} in this function? (changed since the profile)"
    return f"{count} blocked here"


def verdict(finding: Finding) -> str:
    """What the evidence says, in a few words."""
    if finding.evidence == "leaked":
        return "leaked: the runtime proved that nothing can wake them"
    if finding.evidence == "deadlock":
        return "deadlock"
    if finding.evidence == "orphaned":
        return "orphaned: only the blocked function itself knows the channel"
    if finding.evidence == "growing":
        return f"growing: {finding.base_count} before" if finding.base_count else "growing"
    return "crowded: many at one place, which may be right"


def message(finding: Finding) -> str:
    """The diagnostic's message, on one line."""
    wait = WAITS[finding.kind]
    where = f" in {finding.placement.anchor.function}" if finding.placement.confidence == NONE else ""
    head = f"{goroutines(finding.count)} blocked{where}" if where else title(finding)
    return printable(f"{head} ({wait}), {verdict(finding)}")
