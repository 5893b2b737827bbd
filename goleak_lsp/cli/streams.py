"""Standard output and error, whatever they are: closed, full, a broken pipe, a console of few characters."""

from __future__ import annotations

import contextlib
import os
import sys

from goleak_lsp.errors import GoleakError, UsageError
from goleak_lsp.text import printable

MAX_FATAL = 600
"""Characters of the one line about what ended a command or kept a source from being read."""
MAX_LINES = 20
"""Lines on standard error otherwise."""


def prepare() -> None:
    """Makes both streams take every character, and gives closed ones something to write to."""
    # Files opened later must never get a standard stream's number.
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(handle, True)
    os.close(handle)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (open to the end)
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def write(text: str) -> None:
    """Writes to standard output; a reader that has gone away, as `| head` does, wants no more of it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()
    except OSError as error:
        _silence()
        raise GoleakError(f"cannot write to standard output: {error.strerror}") from None


def write_bytes(data: bytes) -> None:
    """The same for bytes."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _silence()
    except OSError as error:
        _silence()
        raise GoleakError(f"cannot write to standard output: {error.strerror}") from None


def flushed() -> bool:
    """Whether all that was written has left the program."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return False
    return True


def _silence() -> None:
    # What is still in the buffer is flushed at exit, and would fail once more.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(message: str) -> None:
    """One line on standard error."""
    with contextlib.suppress(OSError):
        print(printable(f"goleak-lsp: {message}", MAX_FATAL), file=sys.stderr, flush=True)


def complain_all(messages: list[str]) -> None:
    """A line each, as many as are allowed."""
    for message in messages[: MAX_LINES - 1]:
        complain(message)
    if len(messages) == MAX_LINES:
        complain(messages[-1])
    elif len(messages) > MAX_LINES:
        complain(f"and {len(messages) - MAX_LINES + 1} more problems")


def complain_at_once(messages: list[str]) -> None:
    """All on one line, each as short as is needed for the most important, the first, to be whole."""
    line, left = messages[0], messages[1:]
    while left and len(line) + len(left[0]) < MAX_FATAL - 60:
        line += "; " + left.pop(0)
    complain(f"{line}; and {len(left)} more problems" if left else line)


def is_terminal() -> bool:
    """Whether escape codes are understood by whoever reads standard output, and wanted."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def save(name: str, data: bytes) -> None:
    """Writes a file as a whole or not at all; ``-`` is standard output. Raises UsageError."""
    if name == "-":
        write_bytes(data)
        return
    target = os.path.realpath(name)
    try:
        if os.path.exists(target) and not os.path.isfile(target):
            _write_device(target, data)
            return
        partial = f"{target}.{os.getpid()}.part"
        try:
            with open(partial, "wb") as file:
                file.write(data)
            os.replace(partial, target)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(partial)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{printable(name, 300)} cannot be written: {reason}") from None


def _write_device(target: str, data: bytes) -> None:
    # O_NONBLOCK refuses a FIFO that nobody reads instead of waiting for a reader.
    handle = os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "wb", buffering=0) as file:
        file.write(data)
