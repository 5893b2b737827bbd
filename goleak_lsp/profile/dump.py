"""Goroutine dumps: ``debug=2`` text, one block a goroutine.

Blocks that differ only in identifiers, addresses and arguments are grouped before they are
read, so the cost follows the number of distinct blocks.
"""

from __future__ import annotations

import re

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile.model import GOROUTINE, GOROUTINE_LEAK, Frame, Profile, Sample
from goleak_lsp.profile.names import text_form

_HEADER = re.compile(
    rb"^goroutine \d+(?: gp=0x[0-9a-f]+ m=(?:\d+|nil)(?: mp=0x[0-9a-f]+)?)? \[([^\]\n]*)\](?: \{(.*)\})?:$"
)
_PLACE = re.compile(rb"^\t(.+):(\d{1,9})(?: \+0x[0-9a-f]+)?(?: .*)?$")
_MINUTES = re.compile(r"^(\d{1,9}) minutes$")
_LABEL = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^\s:,{}"]+)): ?(?:"((?:[^"\\]|\\.)*)"|([^\s,{}"]+))')
_SPLIT = re.compile(rb"\n\r?\n+(?=goroutine \d)")


def looks_like(data: bytes) -> bool:
    """Whether a goroutine's header stands at the start of one of the first lines."""
    return re.search(rb"^goroutine \d+ [^\n]*\[", data[:65536], re.MULTILINE) is not None


def decode(data: bytes) -> tuple[tuple[Profile, ...], list[str]]:
    """The profiles in a dump, and what could not be read of it.

    Raises ProfileError when not one goroutine could be read.
    """
    groups: dict[tuple, int] = {}
    parsed: dict[bytes, Sample | None] = {}
    bad = total = 0
    for block in _SPLIT.split(data.replace(b"\r\n", b"\n").strip(b"\n")):
        # The number of the goroutine is all that differs between most blocks.
        shape = block[block.find(b"[") :]
        if shape not in parsed:
            parsed[shape] = _block(block)
        sample = parsed[shape]
        if sample is None:
            bad += 1
            continue
        total += 1
        key = (sample.stack, sample.labels, sample.state, sample.wait_minutes, sample.created_by, sample.leaked)
        groups[key] = groups.get(key, 0) + 1
    if not total:
        raise ProfileError("holds no goroutine that can be read")
    samples = tuple(Sample(stack, n, *rest) for (stack, *rest), n in groups.items() if stack)
    kind = GOROUTINE_LEAK if any(s.leaked for s in samples) else GOROUTINE
    problems = [f"{bad} of {bad + total} goroutines could not be read"] if bad else []
    return (Profile(kind, samples, total),), problems


def _block(block: bytes) -> Sample | None:
    lines = block.split(b"\n")
    header = _HEADER.match(lines[0])
    if not header:
        return None
    state, minutes, leaked, labels = _state(header[1].decode("utf-8", "replace"))
    if header[2]:
        labels = _labels(header[2].decode("utf-8", "replace"))
    frames, created = _frames(lines[1:])
    return Sample(frames, 1, labels, state, minutes, created, leaked)


def _state(text: str) -> tuple[str, int | None, bool, tuple[tuple[str, str], ...]]:
    text, _, labels = text.partition(" labels:{")
    first, *rest = text.split(", ")
    minutes = next((int(m[1]) for part in rest if (m := _MINUTES.match(part))), None)
    leaked = " (leaked)" in first
    state = first.replace(" (leaked)", "").replace(" (scan)", "").replace(" (durable)", "")
    return state, minutes, leaked, _labels(labels)


def _labels(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((m[1] or m[2], m[3] or m[4] or "") for m in _LABEL.finditer(text)))


def _frames(lines: list[bytes]) -> tuple[tuple[Frame, ...], Frame | None]:
    frames: list[Frame] = []
    name = b""
    for line in lines:
        if line.startswith(b"[originating from"):
            break
        if not line.startswith(b"\t"):
            name = line
            continue
        place = _PLACE.match(line)
        if not place or not name:
            continue
        created = name.startswith(b"created by ")
        frame = Frame(_function(name), place[1].decode("utf-8", "replace"), int(place[2]))
        if created:
            return tuple(frames), frame
        frames.append(frame)
        name = b""
    return tuple(frames), None


def _function(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    if text.startswith("created by "):
        return text_form(text[11:].split(" in goroutine ")[0])
    # Arguments end the line; a receiver's parentheses come earlier.
    return text_form(text[: text.rfind("(")] if text.endswith(")") else text)
