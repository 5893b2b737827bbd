"""What a goroutine is blocked on, told by its wait reason or by the runtime frames of its stack."""

from __future__ import annotations

from goleak_lsp.profile.model import Frame, Sample, Stack
from goleak_lsp.profile.names import is_runtime

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
_MUTEX = ("internal/sync.runtime_SemacquireMutex", "sync.runtime_SemacquireMutex", "sync.runtime_Semacquire")
_PARK_DEPTH = 8

# Offset, in the runtime's own function, of the line that parks a goroutine on a nil channel.
_NIL_OFFSETS = {"runtime.chansend": ("nil-chan-send", 5), "runtime.chanrecv": ("nil-chan-receive", 12)}


def kind_of(sample: Sample) -> str:
    """The kind of blocking, one of the contract's list; ``other`` where nothing tells."""
    if sample.state:
        known = BY_STATE.get(sample.state)
        if known == "mutex-lock":
            # An RWMutex.Lock behind another writer waits for the mutex in it.
            return _lock(sample.stack[:_PARK_DEPTH])
        if known != "semacquire":
            return known or "other"
    return _from_frames(sample.stack) or ("semacquire" if sample.state else "other")


def _from_frames(stack: Stack) -> str | None:
    for at, frame in enumerate(stack[:_PARK_DEPTH]):
        if frame.function in _NIL_OFFSETS:
            kind, offset = _NIL_OFFSETS[frame.function]
            if frame.start_line and frame.line - frame.start_line == offset:
                return kind
        if frame.function in _MUTEX:
            return _lock(stack[at + 1 : at + 5])
        if frame.function in _BY_FRAME:
            return _BY_FRAME[frame.function]
        if not is_runtime(frame.function) and not frame.function.startswith(("internal/", "sync.")):
            break
    return _lock(stack[:4], default=None)


def _lock(callers: tuple[Frame, ...], default: str | None = "mutex-lock") -> str | None:
    # Mutex.Lock is nested in RWMutex.Lock, so the outermost of these names is what the user called.
    known = [_BY_CALLER[f.function] for f in callers if f.function in _BY_CALLER]
    return known[-1] if known else default
