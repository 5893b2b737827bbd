"""Comments behind neighbouring lines stay in one column, as gofmt has them, when an edit moves one of the lines."""

from __future__ import annotations

from goleak_lsp.fixes.wrapping import joined
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.text import Edit, apply_edits


class _Commented(Frozen):
    """A line with code and a comment behind it: the bytes between the two, and the width of the code."""

    line: int
    indent: bytes
    start: int
    end: int
    width: int


def aligned(file: GoFile, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits, and those that put the comments around them into their column again.

    The same edits where the comments there were in no column before, as gofmt sees it.
    """
    ordered = sorted(edits, key=lambda edit: edit.start)
    before = _near(file, [(edit.start, edit.end) for edit in ordered])
    if not before or any(_wanted(run) for run in before):
        return edits
    new, spans, shift = GoFile.parse(apply_edits(file.data, ordered)), [], 0
    for edit in ordered:
        size = len(edit.text.encode())
        spans.append((edit.start + shift, edit.start + shift + size))
        shift += size - (edit.end - edit.start)
    wanted = [each for run in _near(new, spans) for each in _wanted(run)]
    return _merged(ordered, spans, wanted) if wanted else edits


def _near(file: GoFile, spans: list[tuple[int, int]]) -> list[list[_Commented]]:
    """Groups of neighbouring lines with a comment behind their code that touch one of the spans."""
    near = set()
    for start, end in spans:
        near.update(range(file.lines.line_of(start) - 1, file.lines.line_of(end) + 2))
    if not any("//" in file.lines.text(line) for line in near):
        return []
    runs: list[list[_Commented]] = []
    for each in _commented(file):
        if not runs or runs[-1][-1].line + 1 != each.line or runs[-1][-1].indent != each.indent:
            runs.append([])
        runs[-1].append(each)
    return [run for run in runs if any(each.line in near for each in run)]


def _commented(file: GoFile) -> list[_Commented]:
    found = []
    for node in file.comments:
        line = file.lines.line_of(node.start_byte)
        begin = file.lines.offset(line)
        ahead = file.data[begin : node.start_byte]
        code = ahead.strip()
        if code and node.text.startswith(b"//"):
            end = begin + len(ahead.rstrip())
            indent = ahead[: len(ahead) - len(ahead.lstrip())]
            found.append(_Commented(line, indent, end, node.start_byte, len(code.decode("utf-8", "replace"))))
    return found


def _wanted(run: list[_Commented]) -> list[Edit]:
    """The edits that put the comments of neighbouring lines into one column."""
    column = max(each.width for each in run) + 1
    return [
        Edit(each.start, each.end, " " * (column - each.width))
        for each in run
        if each.end - each.start != column - each.width
    ]


def _merged(edits: list[Edit], spans: list[tuple[int, int]], wanted: list[Edit]) -> tuple[Edit, ...]:
    """``edits``, which give the texts at ``spans``, and then ``wanted``, as one step."""
    found, more = list(edits), []
    for each in sorted(wanted, key=lambda edit: -edit.start):
        inside = next((n for n, (a, b) in enumerate(spans) if a <= each.start and each.end <= b), None)
        if inside is not None:
            edit, at = found[inside], spans[inside][0]
            text = edit.text.encode()
            text = text[: each.start - at] + each.text.encode() + text[each.end - at :]
            found[inside] = edit._replace(text=text.decode())
        elif any(a < each.end and each.start < b for a, b in spans):
            return tuple(edits)
        else:
            back = sum((e.end - e.start) - (b - a) for e, (a, b) in zip(edits, spans, strict=True) if b <= each.start)
            more.append(Edit(each.start + back, each.end + back, each.text))
    return joined(sorted([*found, *more], key=lambda edit: (edit.start, edit.end)))
