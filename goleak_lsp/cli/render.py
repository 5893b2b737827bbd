"""The report for people: the line of source with the count beside it."""

from __future__ import annotations

from collections.abc import Sequence

from goleak_lsp.analysis.findings import Finding
from goleak_lsp.cli.outcome import Outcome
from goleak_lsp.features.words import WAITS, goroutines, message, title, verdict
from goleak_lsp.fixes.registry import offers
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import NONE
from goleak_lsp.text import printable

_CODES = {"bold": "1", "red": "1;31", "yellow": "33", "blue": "34", "dim": "2", "green": "32"}
_BY_EVIDENCE = {"leaked": "red", "deadlock": "red", "orphaned": "red", "growing": "yellow", "stuck": "yellow"}
_CONTEXT = 1


class Painter:
    """Makes text fit to be printed, and coloured where that is wanted."""

    def __init__(self, colours: bool) -> None:
        self.colours = colours

    def __call__(self, text: str, colour: str = "", limit: int = 200) -> str:
        text = printable(text, limit)
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self.colours and colour and text else text


def render(outcome: Outcome, total: int, tree: SourceTree, colours: bool) -> str:
    """The text of `check`; ``total`` counts all goroutines of the snapshots."""
    paint, findings = Painter(colours), outcome.findings
    parts = [_finding(finding, tree, paint) for finding in findings if finding.placement.confidence != NONE]
    parts += _unplaced([f for f in findings if f.placement.confidence == NONE], paint)
    parts += _apart("accepted:", [(f, f"until {d}" if d else "") for f, d in outcome.accepted], tree, paint)
    return "\n\n".join([*parts, _summary(outcome, total, paint)])


def _finding(finding: Finding, tree: SourceTree, paint: Painter) -> str:
    placement = finding.placement
    where = paint(f"{tree.relative(placement.path)}:{placement.line}", "bold")
    lines = [f"{where}  {paint(title(finding), _BY_EVIDENCE.get(finding.evidence, 'blue'))}"]
    lines += _excerpt(finding, tree, paint)
    lines.append(f"  {paint(f'{WAITS[finding.kind]}, {verdict(finding)}', limit=500)}")
    lines += [
        f"  {paint(f'fix: {offer.title}', 'green')} {paint(f'({offer.fix})', 'dim')}" for offer in offers(finding, tree)
    ]
    return "\n".join(lines)


def _excerpt(finding: Finding, tree: SourceTree, paint: Painter) -> list[str]:
    file, line = tree.read(finding.placement.path), finding.placement.line
    if file is None:
        return []
    colour = _BY_EVIDENCE.get(finding.evidence, "blue")
    out = []
    for number in range(max(1, line - _CONTEXT), min(len(file.lines.starts), line + _CONTEXT) + 1):
        text = file.lines.text(number).expandtabs(4).rstrip()
        here = number == line
        count = paint(f"{finding.count if here else '':>8}", colour if here else "")
        margin = paint(f"| {number:>5}", "dim")
        out.append(f"{count} {margin}  {paint(text, 'bold' if here else '', limit=160)}".rstrip())
    return out


def _unplaced(findings: list[Finding], paint: Painter) -> list[str]:
    if not findings:
        return []
    lines = [paint("not placed in this source tree:", "bold")]
    for finding in findings:
        anchor = finding.placement.anchor
        name = paint(f"{goroutines(finding.count)} in {anchor.function} ({anchor.file})", limit=300)
        lines.append(f"  {name}: {paint(verdict(finding))}; {paint(finding.placement.reason)}")
    return ["\n".join(lines)]


def _apart(head: str, entries: Sequence[tuple[Finding, str]], tree: SourceTree, paint: Painter) -> list[str]:
    if not entries:
        return []
    lines = [paint(head, "bold")]
    for finding, remark in entries:
        placement = finding.placement
        where = f"{tree.relative(placement.path)}:{placement.line}" if placement.path else placement.anchor.function
        lines.append(paint(f"  {where}  {message(finding)}{f' ({remark})' if remark else ''}", "dim", limit=500))
    return ["\n".join(lines)]


def _summary(outcome: Outcome, total: int, paint: Painter) -> str:
    findings, count = outcome.findings, len(outcome.findings)
    places = f"{count} place" + ("" if count == 1 else "s")
    if findings:
        text = paint(f"{places}, {goroutines(sum(f.count for f in findings))} of {total}", "bold")
    else:
        text = paint(f"no {'other ' if outcome.accepted else ''}leak found among {goroutines(total)}", "green")
    if outcome.ignored:
        number = sum(i.finding.count for i in outcome.ignored)
        text += paint(f"; ignored: {len(outcome.ignored)}, {goroutines(number)}", "dim")
    return text
