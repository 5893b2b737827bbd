"""Goroutines as the debugger Delve prints them: ``goroutines -t``, of a process or a core file."""

from __future__ import annotations

import re
from collections.abc import Iterable

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile.model import GOROUTINE, Frame, Profile, Sample
from goleak_lsp.profile.names import text_form
from goleak_lsp.profile.unread import Unread

_HEADER = re.compile(
    rb"^(?:\(dlv\) )?[* ] ?Goroutine (\d{1,19}) - (?:User|Runtime|Go|Start|Current): [^\n]*$", re.MULTILINE
)
_STATE = re.compile(rb"\) \[([a-zA-Z][^\[\]\n]*?)(?: \d+)?\][ \t]*$")
_FRAME = re.compile(
    rb"^\t *\d{1,5}  0x[0-9a-f]{1,16} in ([^\n]+)\n[ \t]+at ([^\n]+):(\d{1,9})[ \t]*$", re.MULTILINE
)
_COLOUR = re.compile(rb"\x1b\[[0-9;]{0,16}m")
_CUT = b"(truncated)"
_ALL = re.compile(rb"^\[\d{1,19} goroutines\]", re.MULTILINE)
_ROOT = "runtime.goexit"
MAX_BYTES = 128 << 20


def looks_like(text: bytes) -> bool:
    """Whether a line announces a goroutine in Delve's way."""
    return _HEADER.search(_COLOUR.sub(b"", text[: 1 << 20])) is not None


def decode(pieces: Iterable[bytes], line: int = 1) -> tuple[tuple[Profile, ...], list[str]]:
    """The one snapshot in the pieces of a text, and what could not be read of it.

    Raises ProfileError when not one goroutine could be read, or the text is too large.
    """
    text = _COLOUR.sub(b"", _joined(pieces).replace(b"\r\n", b"\n"))
    headers = list(_HEADER.finditer(text))
    ends = [*(match.start() for match in headers[1:]), len(text)]
    unread, merged, total = Unread("goroutine", lambda at: at + line - 1), {}, 0
    frames: dict[tuple[bytes, bytes, bytes], Frame] = {}
    for header, end in zip(headers, ends, strict=True):
        body = text[header.end() : end]
        stack = _stack(body, frames)
        if not stack:
            unread.add(text.count(b"\n", 0, header.start()) + 1)
            continue
        total += 1
        state = _STATE.search(header[0])
        cut = _CUT in body or stack[-1].function != _ROOT
        key = (tuple(map(id, stack)), state[1] if state else b"", cut)
        merged.setdefault(key, [stack, 0])[1] += 1
    if not total:
        raise ProfileError("holds no goroutine that can be read")
    samples = tuple(
        Sample(_shown(stack), count, state=state.decode("utf-8", "replace"), cut=cut)
        for (_, state, cut), (stack, count) in merged.items()
    )
    partial = unread.count > 0 or not _ALL.search(text)
    return (Profile(GOROUTINE, samples, total, partial=partial),), unread.problems(total)


def _joined(pieces: Iterable[bytes]) -> bytes:
    whole, size = [], 0
    for piece in pieces:
        whole.append(piece)
        size += len(piece)
        if size > MAX_BYTES:
            raise ProfileError(f"is larger than {MAX_BYTES >> 20} MiB")
    return b"".join(whole)


def _stack(body: bytes, known: dict) -> list[Frame]:
    """The frames, equal ones as one object, without one whose line number the text's end may have cut."""
    stack = []
    for match in _FRAME.finditer(body):
        if match.end() == len(body):
            break
        key = match.groups()
        if key not in known:
            function, file, line = key
            name = text_form(function.decode("utf-8", "replace"))
            known[key] = Frame(name, file.decode("utf-8", "replace"), int(line))
        stack.append(known[key])
    return stack


def _shown(stack: list[Frame]) -> tuple[Frame, ...]:
    return tuple(stack[:-1] if len(stack) > 1 and stack[-1].function == _ROOT else stack)
