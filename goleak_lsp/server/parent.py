"""Notices that the editor's process has gone, without waking up to look."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable


def watch(process: int, loop: asyncio.AbstractEventLoop, gone: Callable[[], None]) -> None:
    """Calls ``gone`` in the loop once the process has ended; at once if there is none."""
    if sys.platform == "linux" and hasattr(os, "pidfd_open"):
        _watch_linux(process, loop, gone)
    else:
        threading.Thread(target=_wait, args=(process, loop, gone), daemon=True).start()


def _watch_linux(process: int, loop: asyncio.AbstractEventLoop, gone: Callable[[], None]) -> None:
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        loop.call_soon(gone)
        return
    except OSError:
        # Another user's process, or a kernel without pidfds: the end of stdin will tell.
        return

    def ended() -> None:
        loop.remove_reader(handle)
        os.close(handle)
        gone()

    loop.add_reader(handle, ended)


def _wait(process: int, loop: asyncio.AbstractEventLoop, gone: Callable[[], None]) -> None:
    if sys.platform == "win32":
        _wait_windows(process)
    else:
        _wait_kqueue(process)
    loop.call_soon_threadsafe(gone)


def _wait_windows(process: int) -> None:
    import ctypes

    synchronize, forever = 0x00100000, 0xFFFFFFFF
    kernel = ctypes.windll.kernel32
    handle = kernel.OpenProcess(synchronize, False, process)
    if handle:
        kernel.WaitForSingleObject(handle, forever)
        kernel.CloseHandle(handle)


def _wait_kqueue(process: int) -> None:
    import select

    queue = select.kqueue()
    event = select.kevent(process, select.KQ_FILTER_PROC, select.KQ_EV_ADD | select.KQ_EV_ONESHOT, select.KQ_NOTE_EXIT)
    try:
        queue.control([event], 1, None)
    except ProcessLookupError:
        return
