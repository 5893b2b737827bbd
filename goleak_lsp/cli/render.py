"""The report for people: the line of source with the count beside it."""

from __future__ import annotations

from collections.abc import Sequence

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.features.words import WAITS, goroutines, title, verdict
from goleak_lsp.fixes.registry import offers
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import NONE
from goleak_lsp.profile.model import Profile
from goleak_lsp.text import printable

_COLOURS = {"bold": "1", "red": "1;31", "yellow": "33", "blue": "34", "dim": "2", "green": "32"}
_BY_EVIDENCE = {"leaked": "red", "deadlock": "red", "orphaned": "red", "growing": "yellow"}
_CONTEXT = 1


class _Painter:
    def __init__(self, colours: bool) -> None:
        self.colours = colours

    def __call__(self, text: str, colour: str) -> str:
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.colours else text


def render(sources: Sequence[tuple[str, Profile]], findings: Sequence[Finding], tree: SourceTree, colours: bool) -> str:
    """The text of `check`; escape codes only where ``colours``."""
    paint = _Painter(colours)
    parts = [_finding(finding, tree, paint) for finding in findings if finding.placement.confidence != NONE]
    parts += _unplaced([f for f in findings if f.placement.confidence == NONE], paint)
    return "\n\n".join([*parts, _summary(sources, findings, paint)])


def _finding(finding: Finding, tree: SourceTree, paint: _Painter) -> str:
    placement = finding.placement
    where = f"{tree.relative(placement.path)}:{placement.line}"
    colour = _BY_EVIDENCE.get(finding.evidence, "blue")
    lines = [f"{paint(printable(where), 'bold')}  {paint(title(finding), colour)}"]
    lines += _excerpt(finding, tree, paint)
    lines.append(f"  {WAITS[finding.kind]}, {verdict(finding)}")
    names = [f"{offer.title}" for offer in offers(finding, tree)]
    lines += [paint(f"  fix: {name}", "green") for name in names]
    return "\n".join(lines)


def _excerpt(finding: Finding, tree: SourceTree, paint: _Painter) -> list[str]:
    file, line = tree.read(finding.placement.path), finding.placement.line
    if file is None:
        return []
    out = []
    for number in range(max(1, line - _CONTEXT), line + _CONTEXT + 1):
        text = printable(file.lines.text(number).expandtabs(4).rstrip(), 160)
        count = str(finding.count) if number == line else ""
        row = f"{count:>8} {paint('|', 'dim')} {number:>5}  {text}"
        out.append(paint(row, "bold") if number == line else row)
    return out


def _unplaced(findings: list[Finding], paint: _Painter) -> list[str]:
    if not findings:
        return []
    lines = [paint("not placed in this source tree:", "bold")]
    for finding in findings:
        anchor = finding.placement.anchor
        name = printable(f"{anchor.function} ({anchor.file})", 200)
        lines.append(f"  {goroutines(finding.count)} in {name}: {finding.placement.reason}")
    return ["\n".join(lines)]


def _summary(sources: Sequence[tuple[str, Profile]], findings: Sequence[Finding], paint: _Painter) -> str:
    total = max((profile.total for _, profile in sources), default=0)
    if not findings:
        return paint(f"no leak found among {goroutines(total)}", "green")
    places = f"{len(findings)} place" + ("" if len(findings) == 1 else "s")
    return paint(f"{places}, {goroutines(sum(f.count for f in findings))} of {total}", "bold")
