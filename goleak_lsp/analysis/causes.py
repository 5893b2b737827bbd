"""The user's line that is likely to blame for goroutines whose stacks are of libraries alone.

Never more than likely: the source shows something that is not closed, and the goroutines are
of the sort that such a thing leaves behind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from goleak_lsp.analysis.stacks import Packages
from goleak_lsp.frozen import Frozen
from goleak_lsp.golang.folders import files_below
from goleak_lsp.golang.neglect import BODY, CLIENT, CONTEXT, DATABASE, ROWS, TRANSPORT, Neglected, neglected
from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.model import Stack

MAX_FILES = 2000

_WHY = {
    BODY: "a response body that is not closed",
    TRANSPORT: "a new http.Transport for each call",
    DATABASE: "a sql.DB that is not closed",
    ROWS: "rows of a query that are not closed",
    CLIENT: "a grpc.ClientConn that is not closed",
    CONTEXT: "a context that is never cancelled",
}

_BY_FUNCTION = (
    (("net/http.(*persistConn).readLoop", "net/http.(*persistConn).writeLoop"), (BODY, TRANSPORT)),
    (("net/http.(*http2clientConnReadLoop).run", "net/http.(*http2ClientConn)"), (BODY, TRANSPORT)),
    (("database/sql.(*DB).connectionOpener", "database/sql.(*DB).connectionCleaner"), (DATABASE,)),
    (("database/sql.(*Rows).awaitDone",), (ROWS,)),
    (("google.golang.org/grpc",), (CLIENT,)),
    (("context.propagateCancel.func", "context.(*cancelCtx).propagateCancel.func"), (CONTEXT,)),
)
_NEEDLES = {
    BODY: b"http.",
    TRANSPORT: b"http.Transport",
    DATABASE: b"sql.Open",
    ROWS: b"Query",
    CLIENT: b"grpc.",
    CONTEXT: b"context.With",
}


class Cause(Frozen):
    """A line of the user's that is likely to blame; ``function`` as profiles spell it."""

    path: Path
    line: int
    span: tuple[int, int]
    function: str
    why: str


def likely_cause(stack: Stack, packages: Packages) -> Cause | None:
    """The line that could best leave such goroutines behind, looked for in the whole tree."""
    sorts = next((s for names, s in _BY_FUNCTION if any(f.function.startswith(names) for f in stack)), ())
    for sort in sorts:
        causes = packages.fact(_causes, sort, packages)
        if causes:
            # What main makes once is there as long as the program; what others make, they make again.
            return min(causes, key=lambda c: c.function in ("main.main", "main.init"))
    return None


def _causes(sort: str, packages: Packages) -> list[Cause]:
    tree = packages.tree
    return [
        _cause(tree, path, file, found)
        for path, file in _files(tree, _NEEDLES[sort])
        for found in packages.fact(neglected, file)
        if found.what == sort
    ]


def _cause(tree: SourceTree, path: Path, file: GoFile, found: Neglected) -> Cause:
    function = file.function_at(found.start)
    name = f"{package_path(tree, path, file)}.{function.name if function else 'init'}"
    return Cause(path, found.line, (found.start, found.end), name, _WHY[found.what])


def package_path(tree: SourceTree, path: Path, file: GoFile) -> str:
    """The import path of a file's package, as function names in profiles begin."""
    if file.package == "main":
        return "main"
    for module in tree.modules:
        folder = Path(os.path.realpath(module.dir))
        if path.is_relative_to(folder):
            inner = path.parent.relative_to(folder).as_posix()
            return module.path if inner == "." else f"{module.path}/{inner}"
    return file.package


def _files(tree: SourceTree, needle: bytes) -> Iterator[tuple[Path, GoFile]]:
    """The tree's Go files that hold some text, tests left out, within bounds."""
    for path in islice((path for root in tree.roots for path in _paths(root)), MAX_FILES):
        real = tree.contains(path)
        file = tree.read(real) if real is not None and _holds(real, needle) else None
        if file is not None:
            yield real, file


def _holds(path: Path, needle: bytes) -> bool:
    try:
        with open(path, "rb") as source:
            return needle in source.read(1 << 20)
    except OSError:
        return False


def _paths(root: Path) -> Iterator[Path]:
    for entry in files_below(root):
        if entry.name.endswith(".go") and not entry.name.endswith("_test.go"):
            yield Path(entry.path)
