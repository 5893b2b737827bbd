"""Records of JSON logs: the text in them, whose it is, and when it was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from goleak_lsp.frozen import Frozen
from goleak_lsp.profile.prefixes import nanoseconds

MAX_DEPTH = 8
MAX_RECORDS = 1_000_000
_MESSAGES = (
    "log", "Output", "message", "msg", "MESSAGE", "textPayload", "line", "text", "body", "content", "event",
    "error", "stack", "stacktrace", "stack_trace", "exception",
)  # fmt: skip
_TIMES = ("time", "Time", "@timestamp", "timestamp", "ts", "t", "datetime")
_OWNERS = (
    "pod", "pod_name", "podName", "container", "container_id", "container_name", "containerName", "host", "hostname",
    "instance", "stream", "Package", "_HOSTNAME", "_PID", "_SYSTEMD_UNIT", "logStreamName", "namespace",
)  # fmt: skip
_MENTION = "oroutine "


class Record(Frozen):
    """``text`` may hold several lines; ``partial``: it is a part of one, continued by the next record."""

    text: bytes
    key: str
    time: int | None
    partial: bool


def records(line: bytes) -> Iterator[Record]:
    """The records in a line of JSON, mostly one; none where it is no JSON."""
    text = line.strip()
    if text[:1] != b"{" or text[-1:] != b"}":
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    # A line may also be the whole answer of a query, with its records in a list.
    yield from islice(_inner(value, 0), MAX_RECORDS)


def document(text: bytes) -> Iterator[Record]:
    """The records in one JSON document, in its order; none where it is not one."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from islice(_inner(value, 0), MAX_RECORDS)


def _inner(value: object, depth: int) -> Iterator[Record]:
    if isinstance(value, dict):
        if not any(_is_list(inner) for inner in value.values()):
            if record := _record(value):
                yield record
            return
        value = list(value.values())
    if isinstance(value, list) and depth < MAX_DEPTH:
        if value and all(isinstance(item, str) for item in value):
            # A time and a line, or lines.
            yield Record(value[-1].encode("utf-8", "replace"), "", None, False)
            return
        for item in value:
            yield from _inner(item, depth + 1)


def _is_list(value: object) -> bool:
    return isinstance(value, dict | list) and any(isinstance(item, dict | list) for item in value)


def _record(value: dict) -> Record | None:
    strings = list(_strings(value, 0))
    found = next((s for _, s in strings if _MENTION in s and "\n" in s), None)
    if found is None:
        by_name = dict(reversed(strings))
        found = next((by_name[name] for name in _MESSAGES if name in by_name), None)
    if found is None:
        return None
    owners = [s for name, s in strings if name in _OWNERS]
    time = next((t for name, s in strings if name in _TIMES and (t := nanoseconds(s.encode("utf-8", "replace")))), None)
    # Docker cuts long lines into records; only the last of them ends with the line break.
    partial = "stream" in value and "log" in value and not found.endswith("\n")
    return Record(found.encode("utf-8", "replace"), " ".join(owners)[:300], time, partial)


def _strings(value: object, depth: int, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict) and depth < MAX_DEPTH:
        for key, inner in value.items():
            yield from _strings(inner, depth + 1, key)
    elif isinstance(value, list) and depth < MAX_DEPTH:
        if value and all(type(item) is int and 0 <= item < 256 for item in value):
            # The journal writes text that is not printable as numbers.
            yield name, bytes(value).decode("utf-8", "replace")
            return
        for inner in value:
            yield from _strings(inner, depth + 1, name)
