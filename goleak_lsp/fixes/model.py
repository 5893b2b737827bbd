"""What a quick fix is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.package import Package, package_of
from goleak_lsp.golang.syntax import Function, GoFile, Operation
from goleak_lsp.text import Edit

Change = tuple[Path, tuple[Edit, ...]]
"""Edits of one file."""


class Holder(Frozen):
    """A goroutine that keeps a lock while it waits itself.

    Its function stands at the byte ``at`` and took the lock by the call at the byte ``lock``;
    ``receiver`` is what it locked as written there, ``mode`` ``read`` or ``write``.
    """

    path: Path
    file: GoFile
    lock: int
    at: int
    receiver: str
    mode: str


class Target:
    """A blocked operation with evidence against it, in today's source.

    ``siblings`` gives the other files of the package; it is asked only by fixes that need them.
    ``go_version`` is that of the module, empty where it is not known; ``tests`` gives the test files
    that no edit of a fix reaches. ``holders`` gives those of the package who surely hold the lock that
    is waited for, as the snapshot shows them.
    """

    def __init__(
        self,
        path: Path,
        file: GoFile,
        function: Function,
        operation: Operation,
        kind: str,
        evidence: str,
        siblings: Callable[[], dict[Path, GoFile]] = dict,
        go_version: str = "",
        tests: Callable[[], list[GoFile]] = list,
        holders: Callable[[], list[Holder]] = list,
    ) -> None:
        self.path, self.file, self.function, self.operation = path, file, function, operation
        self.kind, self.evidence = kind, evidence
        self.siblings, self.go_version, self.tests, self.holders = siblings, go_version, tests, holders

    @cached_property
    def package(self) -> Package:
        """All files of the package, this one as it is now."""
        return package_of({self.path: self.file} | self.siblings())

    @property
    def node(self):
        """The syntax node of the operation."""
        return self.file.node_at(self.operation.start, self.operation.end)

    @property
    def channel(self):
        """The channel's expression of a send, receive or range; None for other operations."""
        node = self.node
        if node is not None and node.type == "for_statement":
            node = next((c for c in node.named_children if c.type == "range_clause"), None)
        fields = {"send_statement": "channel", "unary_expression": "operand", "range_clause": "right"}
        return node.child_by_field_name(fields[node.type]) if node is not None and node.type in fields else None


class Offer(Frozen):
    """Edits that end the leak: of ``path``, and of other files of the package in ``also``.

    ``title`` says what changes and what it costs; ``safe`` is what `leaks.md` calls SAFE:
    only a safe offer may be preferred. ``of_gopls``: gopls makes the same edit of the same code,
    so that editors have it already.
    """

    fix: str
    title: str
    path: Path
    edits: tuple[Edit, ...]
    safe: bool
    also: tuple[Change, ...] = ()
    of_gopls: bool = False

    @property
    def changes(self) -> tuple[Change, ...]:
        """All edits, one entry a file."""
        return ((self.path, self.edits), *self.also)
