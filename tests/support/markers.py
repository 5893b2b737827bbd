"""Markers: what must be seen on a line of Go, said in a comment at its end.

    <-ch //@blocked(135, "chan-receive", evidence="leaked"), fix("timeout-case")

The text after ``//@`` is Python: calls and names, separated by commas, their arguments
literals. A marker speaks of the line that it ends, so it moves with its line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARKER = re.compile(rb"//@([^\n\r]*)")


@dataclass(frozen=True)
class Marker:
    """One call: its name, the line (from 1) that it ends, and its arguments."""

    verb: str
    line: int
    arguments: tuple
    named: dict[str, object]

    def get(self, name: str, default: object = None) -> object:
        """A named argument."""
        return self.named.get(name, default)


def markers(data: bytes) -> list[Marker]:
    """All markers of a file in order; raises ValueError where one is written wrongly."""
    return [marker for number, row in enumerate(data.split(b"\n"), 1) for marker in _on_line(row, number)]


def _on_line(row: bytes, line: int) -> Iterator[Marker]:
    found = _MARKER.search(row)
    if not found:
        return
    if not row[: found.start()].strip():
        raise ValueError(f"line {line}: a marker trails what it speaks of")
    parsed = ast.parse(found[1].decode().strip(), mode="eval").body
    for node in parsed.elts if isinstance(parsed, ast.Tuple) else [parsed]:
        yield _marker(node, line)


def _marker(node: ast.expr, line: int) -> Marker:
    if isinstance(node, ast.Name):
        return Marker(node.id, line, (), {})
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise ValueError(f"line {line}: {ast.unparse(node)} is no marker")
    arguments = tuple(ast.literal_eval(argument) for argument in node.args)
    return Marker(node.func.id, line, arguments, {k.arg: ast.literal_eval(k.value) for k in node.keywords})
