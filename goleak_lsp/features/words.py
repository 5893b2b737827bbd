"""The words about findings, once: lenses, hints, diagnostics and reports all say the same."""

from __future__ import annotations

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.analysis.related import holder_of
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
    return _VERDICTS[finding.evidence](finding) + _blame(finding)


def _blame(finding: Finding) -> str:
    cause = finding.cause
    return f"; likely cause: {cause.why}, made in {cause.function} at line {cause.line}" if cause else ""


def _leaked(finding: Finding) -> str:
    return "leaked: the runtime proved that nothing can wake them"


def _deadlock(finding: Finding) -> str:
    from goleak_lsp.analysis.deadlocks import MESSAGE, TWICE  # not at a start: few findings are deadlocks

    deadlock = finding.deadlock
    if deadlock is None:
        return "deadlock"
    link = next((each for each in deadlock.ring if each.taken.thing == deadlock.waits), deadlock.ring[0])
    lock = link.taken.thing.name
    if deadlock.how == TWICE:
        return f"deadlock: waits for {lock}, which it holds itself"
    if deadlock.how == MESSAGE:
        return f"deadlock: holds {lock} while it waits for those who want {lock}"
    if deadlock.is_victim:
        return f"deadlock: {_names(finding)} is held by {holder_of(link)}, which is deadlocked itself"
    own = next((each for each in deadlock.ring if each.waits == deadlock.waits), link)
    return f"deadlock: holds {own.taken.thing.name} and waits for {_names(finding)}, which {holder_of(link)} holds"


def _names(finding: Finding) -> str:
    return finding.deadlock.waits.name if finding.deadlock.waits else "the lock"


def _orphaned(finding: Finding) -> str:
    orphans = finding.orphans
    if orphans is None or not orphans.shared:
        return "orphaned: nobody else can know what they wait for"
    if not orphans.wakers:
        return f"orphaned: nobody who knows {_objects(finding)} ever {_would(finding)}"
    return f"orphaned: of those who know {_objects(finding)}, none is left who could {_act(finding)}"


def _objects(finding: Finding) -> str:
    return " or ".join(dict.fromkeys(shared.name for shared in finding.orphans.shared))


_ACTS = {
    "chan-send": ("receives from it", "receive"),
    "chan-receive": ("sends on it or closes it", "send or close"),
    "chan-range": ("sends on it or closes it", "send or close"),
    "waitgroup-wait": ("calls Done", "call Done"),
}


def _would(finding: Finding) -> str:
    return _ACTS.get(finding.kind, ("gives it back", ""))[0]


def _act(finding: Finding) -> str:
    return _ACTS.get(finding.kind, ("", "wake them"))[1]


def _growing(finding: Finding) -> str:
    if finding.base_count:
        return f"growing: {finding.base_count} before"
    if finding.rate_per_minute and finding.rate_per_minute > 0:
        return f"growing: {finding.rate_per_minute:g} more a minute"
    return "growing"


def _stuck(finding: Finding) -> str:
    if finding.kind == "busy-loop":
        return "stuck: a loop that nothing ends or holds up"
    minutes = max((sample.wait_minutes or 0 for sample in finding.samples), default=0)
    return f"stuck: for at least {minutes} minutes, though such a wait ought to end"


def _crowded(finding: Finding) -> str:
    return "crowded: many at one place, which may be right"


_VERDICTS = {
    "leaked": _leaked,
    "deadlock": _deadlock,
    "orphaned": _orphaned,
    "growing": _growing,
    "stuck": _stuck,
    "crowded": _crowded,
}


def reasoning(finding: Finding) -> str:
    """Why the evidence holds, in two sentences; empty where the verdict has said it all."""
    if finding.evidence == "orphaned" and finding.orphans and finding.orphans.shared:
        return _orphans_reasoning(finding)
    if finding.evidence in ("deadlock", "leaked") and finding.deadlock:
        return _deadlock_reasoning(finding)
    return ""


def _orphans_reasoning(finding: Finding) -> str:
    orphans = finding.orphans
    owners = " and ".join(dict.fromkeys(shared.owner.function.name for shared in orphans.shared))
    text = f"{_objects(finding)} belongs to one call of {owners} and is known only there and to what it starts."
    if orphans.living:
        living = goroutines(orphans.living)
        return f"{text} {living} of those could still {_act(finding)}, which leaves the others without anybody."
    if not orphans.wakers:
        return f"{text} Nothing in them ever {_would(finding)}."
    return f"{text} No goroutine that could still {_act(finding)} is alive in this snapshot."


def _deadlock_reasoning(finding: Finding) -> str:
    from goleak_lsp.analysis.deadlocks import MESSAGE

    deadlock = finding.deadlock
    said = []
    for link in deadlock.ring[:3]:
        waits = f"waits for {link.waits.name}" if link.waits else "waits for a message"
        said.append(f"{holder_of(link)} holds {link.taken.thing.name} and {waits}")
    text = "; ".join(said) + "."
    if deadlock.is_victim:
        return f"The root lies elsewhere: {text} Until that ends, nobody gets {_names(finding)}."
    if deadlock.how == MESSAGE:
        return f"{text} Everybody who could answer wants that lock first."
    return f"{text} None of them can go on before another has."


def message(finding: Finding) -> str:
    """The diagnostic's message, on one line."""
    wait = WAITS[finding.kind]
    where = f" in {finding.placement.anchor.function}" if finding.placement.confidence == NONE else ""
    head = f"{goroutines(finding.count)} blocked{where}" if where else title(finding)
    return printable(f"{head} ({wait}), {verdict(finding)}")
