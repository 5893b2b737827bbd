"""All quick fixes, best first. A fix is a module with ``NAME`` and ``offer(target)``.

Each is imported when something that it may apply to is blocked: together they take 10 ms of every start.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

_SEND = ("chan-send",)
_RECEIVE = ("chan-receive", "chan-range")
_CHANNEL = (*_SEND, *_RECEIVE)
_ANY_CHANNEL = (*_CHANNEL, "select")
_LOCK = ("mutex-lock", "rwmutex-rlock")

FIXES = {
    "add-before-go": _SEND,
    "buffer-of-one": _SEND,
    "buffer-of-n": _SEND,
    "default-to-case": _ANY_CHANNEL,
    "defer-close": _RECEIVE,
    "close-after-send": _RECEIVE,
    "defer-send": ("chan-receive",),
    "drain-timer": ("chan-receive",),
    "defer-done": ("wait",),
    "wait-behind-loop": ("wait",),
    "wait-group-go": ("wait",),
    "defer-unlock": _LOCK,
    "unlock-instead": ("mutex-lock",),
    "lock-before-loop": ("mutex-lock",),
    "same-lock-order": ("mutex-lock",),
    "unlock-before": (*_LOCK, *_ANY_CHANNEL),
    "make-channel": _CHANNEL,
    "defer-cancel": (*_RECEIVE, "select", "call"),
    "close-body": ("call",),
    "defer-stop": (*_RECEIVE, "select"),
    "cancel-field": _RECEIVE,
    "loop-exit": ("sleep", "line", "call"),
    "stop-channel": _ANY_CHANNEL,
    "done-case": _ANY_CHANNEL,
    "parent-context": (*_RECEIVE, "select"),
    "thread-context": _ANY_CHANNEL,
    "timeout-case": _ANY_CHANNEL,
}
"""The kinds of operations that each applies to, in the order in which offers are shown where several do."""


def fixes_for(kind: str) -> Iterator[ModuleType]:
    """The fixes that may apply to a blocked operation of ``kind``, best first."""
    return (fix_named(name) for name, kinds in FIXES.items() if kind in kinds)


def fix_named(name: str) -> ModuleType:
    """The module of a fix."""
    return import_module(f"goleak_lsp.fixes.{name.replace('-', '_')}")
