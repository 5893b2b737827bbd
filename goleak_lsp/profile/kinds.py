"""What a goroutine is blocked on, told by its wait reason or by the runtime frames of its stack."""

from __future__ import annotations

from goleak_lsp.profile.model import Frame, Sample, Stack
from goleak_lsp.profile.names import RUNTIME_PREFIXES

BY_STATE = {
    "chan send": "chan-send",
    "chan receive": "chan-receive",
    "chan send (nil chan)": "nil-chan-send",
    "chan receive (nil chan)": "nil-chan-receive",
    "select": "select",
    "select (no cases)": "select-empty",
    "sync.Mutex.Lock": "mutex-lock",
    "sync.RWMutex.RLock": "rwmutex-rlock",
    "sync.RWMutex.Lock": "rwmutex-lock",
    "sync.WaitGroup.Wait": "waitgroup-wait",
    "sync.Cond.Wait": "cond-wait",
    "semacquire": "semacquire",
    "IO wait": "io-wait",
    "sleep": "sleep",
    "syscall": "syscall",
    "coroutine": "coroutine",
}
"""Kinds by the wait reasons of Go's runtime, as dumps print them."""

_BY_FRAME = {
    "runtime.chansend1": "chan-send",
    "runtime.chanrecv1": "chan-receive",
    "runtime.chanrecv2": "chan-receive",
    "runtime.selectgo": "select",
    "runtime.block": "select-empty",
    "sync.runtime_SemacquireRWMutexR": "rwmutex-rlock",
    "sync.runtime_SemacquireRWMutex": "rwmutex-lock",
    "sync.runtime_SemacquireWaitGroup": "waitgroup-wait",
    "sync.runtime_notifyListWait": "cond-wait",
    "internal/poll.runtime_pollWait": "io-wait",
    "time.Sleep": "sleep",
    "runtime.coroswitch": "coroutine",
    "os/signal.signal_recv": "syscall",
    "syscall.Syscall": "syscall",
    "syscall.Syscall6": "syscall",
}
_BY_CALLER = {
    "sync.(*RWMutex).Lock": "rwmutex-lock",
    "sync.(*RWMutex).RLock": "rwmutex-rlock",
    "sync.(*WaitGroup).Wait": "waitgroup-wait",
    "sync.(*Mutex).Lock": "mutex-lock",
}
_WITHIN = (*RUNTIME_PREFIXES, "internal/", "sync.")
_MUTEX = ("internal/sync.runtime_SemacquireMutex", "sync.runtime_SemacquireMutex", "sync.runtime_Semacquire")
_PARK_DEPTH = 8
_TELLING = _PARK_DEPTH + 4
_PARKED = ("runtime.gopark", "runtime.goparkunlock", "runtime.cgocall")
LOCKS = {"mutex-lock", "rwmutex-lock", "rwmutex-rlock", "semacquire"}
"""Kinds that wait for a lock."""
_SYNC = (*LOCKS, "waitgroup-wait", "cond-wait")
_ENTRIES = {*_MUTEX, *(name for name, kind in _BY_FRAME.items() if kind in _SYNC)}
"""Where goroutines wait for each other whose profile has been stripped of the frames further in."""
_CHANNELS = ("chan-send", "chan-receive", "nil-chan-send", "nil-chan-receive", "select", "select-empty")
_STARTERS = ("sync.(*WaitGroup).Go.func1", "golang.org/x/sync/errgroup.(*Group).Go.func1")

# Where the runtime parks a goroutine on a nil channel, as lines from the start of its function.
# Observed by running programs built with Go 1.20 to 1.27; in all of them no other park has the
# same distance. 1.18 and 1.19 tell no start lines, so their lines are told by themselves.
_NIL_OFFSETS = {"runtime.chansend": ("nil-chan-send", 5), "runtime.chanrecv": ("nil-chan-receive", 12)}
_NIL_LINES = {
    ("runtime.chansend", 164),  # 1.18.10
    ("runtime.chanrecv", 467),
    ("runtime.chansend", 165),  # 1.19.13
    ("runtime.chanrecv", 469),
}

# How many frames of the runtime lie below the user's, where `debug=1` hides them.
_BY_DEPTH = {
    2: frozenset({"select", "select-empty", "busy-loop"}),
    3: frozenset({"chan-send", "chan-receive", "chan-range", "nil-chan-send", "nil-chan-receive"}),
}


def kind_of(sample: Sample) -> str:
    """The kind of blocking, one of the contract's list; ``other`` where nothing tells.

    It follows from the state, whether frames are hidden, and the ``inner`` frames alone. Where `debug=1` hides
    what tells, it is ``other`` too, and ``possible`` says what it may be.
    """
    if sample.state:
        known = BY_STATE.get(sample.state)
        if known == "mutex-lock":
            # A writer that queues behind another one waits for a Mutex within the RWMutex.
            return _lock(inner(sample.stack)[:_PARK_DEPTH]) or known
        if known != "semacquire":
            return known or "other"
    return _from_frames(sample.stack) or _hidden_switch(sample) or ("semacquire" if sample.state else "other")


def is_parked(sample: Sample) -> bool:
    """Whether the innermost frames are those of a goroutine that waits, or is outside of Go.

    True of one that was woken and has not run since, too.
    """
    if sample.hidden or not sample.stack:
        return True
    function = sample.stack[0].function
    if function in _PARKED or function in _ENTRIES:
        return True
    # One that was preempted, or spins, stands below the call too.
    return kind_of(sample) not in ("other", *_CHANNELS, *_SYNC)


def takes_profile(sample: Sample) -> bool:
    """Whether the goroutine is the one that takes the snapshot."""
    return any(frame.function.startswith("runtime/pprof.") for frame in sample.stack)


def is_about_to_start(sample: Sample) -> bool:
    """Whether a goroutine of a group has not entered its function, or has left it."""
    return bool(sample.stack) and sample.stack[-1].function in _STARTERS


def possible(sample: Sample) -> frozenset[str]:
    """The kinds that come into question for a goroutine whose innermost frames are hidden.

    The source line decides between them; empty where the frames are not hidden, or tell.
    """
    if sample.state or not sample.hidden or kind_of(sample) != "other":
        return frozenset()
    return _BY_DEPTH.get(len(sample.hidden), frozenset())


def _hidden_switch(sample: Sample) -> str | None:
    return "coroutine" if sample.hidden and sample.stack[0].function.startswith("iter.Pull") else None


def is_within(function: str) -> bool:
    """Whether a function may be part of the act of blocking."""
    return function.startswith(_WITHIN)


def inner(stack: Stack) -> Stack:
    """The frames that tell the kind: those of the act of blocking, and the one that they were called from."""
    for at, frame in enumerate(stack[:_TELLING], 1):
        if not is_within(frame.function):
            return stack[:at]
    return stack[:_TELLING]


def _from_frames(stack: Stack) -> str | None:
    stack = inner(stack)
    for at, frame in enumerate(stack[:_PARK_DEPTH]):
        if frame.function in _NIL_OFFSETS and _parks_on_nil(frame):
            return _NIL_OFFSETS[frame.function][0]
        if frame.function in _MUTEX:
            return _lock(stack[at + 1 : at + 5]) or "mutex-lock"
        if frame.function in _BY_FRAME:
            return _BY_FRAME[frame.function]
    return _lock(stack[:4])


def _parks_on_nil(frame: Frame) -> bool:
    if not frame.start_line:
        return (frame.function, frame.line) in _NIL_LINES
    return frame.line - frame.start_line == _NIL_OFFSETS[frame.function][1]


def _lock(callers: tuple[Frame, ...]) -> str | None:
    # Mutex.Lock is nested in RWMutex.Lock, so the outermost of these names is what the user called.
    known = [_BY_CALLER[f.function] for f in callers if f.function in _BY_CALLER]
    return known[-1] if known else None
