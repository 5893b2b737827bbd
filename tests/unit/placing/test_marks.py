"""Marks against an oracle that moves every operation as an editor moves its own marks."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.marks import Drift, narrow

FIXTURES = Path(__file__).parents[3] / "fixtures"
FILES = [FIXTURES / name / "main.go" for name in ("leaky", "locks", "context")]
STEPS = 3_500
"""Edits of one file: more than ten thousand in all."""


class Editor:
    """A buffer whose bytes bear the numbers that they had when it was saved, None for new ones."""

    def __init__(self, saved: bytes) -> None:
        self.data = bytearray(saved)
        self.origin: list[int | None] = list(range(len(saved)))
        self.undo: list[tuple[int, bytes, list[int | None], int]] = []
        self.clipboard: tuple[bytes, list[int | None]] = (b"", [])

    def edit(self, start: int, end: int, new: bytes, origin: list[int | None] | None = None) -> tuple[int, int, bytes]:
        self.undo.append((start, bytes(self.data[start:end]), self.origin[start:end], len(new)))
        self.data[start:end] = new
        self.origin[start:end] = origin if origin is not None else [None] * len(new)
        return start, end, new

    def undone(self) -> tuple[int, int, bytes]:
        start, text, origin, length = self.undo.pop()
        self.data[start : start + length] = text
        self.origin[start : start + length] = origin
        return start, start + length, text

    def line(self, offset: int) -> tuple[int, int]:
        """The bytes of the line that holds an offset, with its break."""
        first = self.data.rfind(b"\n", 0, offset) + 1
        last = self.data.find(b"\n", offset)
        return first, len(self.data) if last < 0 else last + 1


def typed(editor: Editor, rng: random.Random, marks: list[int]):
    """Characters one by one, half of them at, on or in an operation."""
    near = editor.origin.index(rng.choice(marks)) if rng.random() < 0.5 else rng.randrange(len(editor.data))
    at = max(0, min(len(editor.data), near + rng.choice((-1, 0, 0, 1, 2, 5))))
    for char in rng.choice((b"x", b"\n\t", b"if y {\n", b"}", b"\"", b"/*", b"a := b\n")):
        yield editor.edit(at, at, bytes([char]))
        at += 1


def deleted(editor: Editor, rng: random.Random, marks: list[int]):
    at = rng.randrange(len(editor.data))
    if not any(o in marks for o in editor.origin[at : at + 4]):
        yield editor.edit(at, min(len(editor.data), at + rng.randint(1, 4)), b"")


def cut_and_undone(editor: Editor, rng: random.Random, marks: list[int]):
    """The line of an operation goes, and comes back by undo, with typing elsewhere in between or not."""
    first, last = editor.line(editor.origin.index(rng.choice(marks)))
    yield editor.edit(first, last, b"")
    yield editor.undone()


def cut_and_pasted(editor: Editor, rng: random.Random, marks: list[int]):
    """A line goes elsewhere, its operations with it."""
    first, last = editor.line(editor.origin.index(rng.choice(marks)))
    text, origin = bytes(editor.data[first:last]), editor.origin[first:last]
    if bytes(editor.data).count(text.strip()) > 1 or len(text.strip()) < 6:
        return
    yield editor.edit(first, last, b"")
    at, _ = editor.line(rng.randrange(len(editor.data)))
    yield editor.edit(at, at, text, origin)


def formatted(editor: Editor, rng: random.Random, marks: list[int]):
    """A formatter replaces the whole file: indents anew, drops and adds empty lines."""
    new, origin, at = bytearray(), [], 0
    for row in bytes(editor.data).splitlines(keepends=True):
        body = row.lstrip(b" \t")
        indent = rng.choice((b"", b"\t", b"    ")) if body.strip() else b""
        if not body.strip() and rng.random() < 0.5:
            at += len(row)
            continue
        new += indent + body
        origin += [None] * len(indent) + editor.origin[at + len(row) - len(body) : at + len(row)]
        at += len(row)
    yield editor.edit(0, len(editor.data), bytes(new), origin)


STEP_KINDS = (typed,) * 12 + (deleted,) * 3 + (cut_and_undone,) * 3 + (cut_and_pasted,) + (formatted,)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_operation_is_where_the_editor_has_it_after_each_edit(path):
    saved = path.read_bytes()
    file = GoFile.parse(saved)
    rng = random.Random(path.parent.name)
    steps = 0
    while steps < STEPS:
        editor, drift, before = Editor(saved), Drift(saved), saved
        marks = sorted({op.start for op in file.operations})
        for _ in range(40):
            for start, end, new in rng.choice(STEP_KINDS)(editor, rng, marks):
                drift.replace(*_narrowed(before, start, end, new))
                before = bytes(editor.data)
                steps += 1
                # An operation that was typed over is no longer there for the editor either.
                where = {o: at for at, o in enumerate(editor.origin) if o is not None}
                assert [drift.now(mark) for mark in marks if mark in where] == [where[m] for m in marks if m in where]


def _narrowed(before: bytes, start: int, end: int, new: bytes) -> tuple[int, int, bytes]:
    """The change as documents hand it on: without what both texts begin and end with."""
    first, last, text = narrow(before[start:end], new)
    return start + first, start + last, text


def test_an_operation_that_was_deleted_has_no_place():
    saved = b"func f() {\n\t<-done\n\tg()\n}\n"
    drift = Drift(saved)
    at = saved.index(b"<-")
    drift.replace(at, at + 6, b"")
    assert drift.now(at) is None
    drift.replace(at, at, b"h()")
    assert drift.now(at) is None
    assert drift.now(saved.index(b"g()")) == saved.index(b"g()") - 3


def test_undo_in_several_steps_brings_an_operation_back():
    saved = b"func f() {\n\tfor range 3 {\n\t\t<-done\n\t}\n}\n"
    drift = Drift(saved)
    first = saved.index(b"\tfor")
    middle, last = saved.index(b"\t\t<-"), saved.index(b"\t}\n")
    drift.replace(middle, last, b"")
    drift.replace(first, middle + 3, b"")
    drift.replace(first, first, saved[first:middle] + saved[last : last + 3])
    drift.replace(middle, middle, saved[middle:last])
    assert drift.now(saved.index(b"<-")) == saved.index(b"<-")


def test_a_keystroke_in_a_large_file_is_followed_in_time():
    """200 places in 5,000 lines: an editor is never kept waiting."""
    rows = [b"\tch%d <- %d\n" % (n, n) if n % 25 == 0 else b"\tprintln(%d)\n" % n for n in range(5_000)]
    saved = b"package p\n\nfunc f() {\n" + b"".join(rows) + b"}\n"
    marks = [m.start() for m in re.finditer(rb"ch\d+ <-", saved)]
    assert len(marks) == 200
    drift, rng, size, spent = Drift(saved), random.Random(1), len(saved), []
    for _ in range(2_000):
        at = rng.randrange(size)
        begun = time.process_time()
        drift.replace(at, at, b"x")
        for mark in marks:
            drift.now(mark)
        spent.append(time.process_time() - begun)
        size += 1
    assert sorted(spent)[int(len(spent) * 0.99)] < 0.005
