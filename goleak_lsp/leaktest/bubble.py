"""Whether a test can run in a bubble of ``testing/synctest``: nothing in it may wait for the world."""

from __future__ import annotations

from collections.abc import Iterable

from goleak_lsp.fixes.statement import walk
from goleak_lsp.golang.declarations import Declarations
from goleak_lsp.golang.package import Located, Package
from goleak_lsp.leaktest.scenario import Scenario

_INSIDE = {
    "bytes", "cmp", "context", "errors", "fmt", "iter", "maps", "math", "math/bits", "math/rand", "slices", "sort",
    "strconv", "strings", "sync", "sync/atomic", "time", "unicode", "unicode/utf8",
}  # fmt: skip
"""Packages that wait for nothing outside the bubble."""


def belongs_to_test(package: Package, functions: Iterable[Located], found: Scenario) -> bool:
    """Whether the functions and the scenario share no variable with the rest of the program, and reach no system."""
    variables = set(Declarations(package.files).variables)
    used = set(found.imports.values())
    for function in functions:
        names = {function.file.text(n) for n in walk(function.node) if n.type == "identifier"}
        if names & variables:
            return False
        used |= {path for name, path in function.file.imports.items() if name in names}
    words = {word for line in found.lines for word in line.replace("(", " ").replace(".", " ").split()}
    return used <= _INSIDE | {"os"} and not words & variables
