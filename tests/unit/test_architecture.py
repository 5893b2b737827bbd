"""The promises of ARCHITECTURE.md about imports, held by reading the source."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "goleak_lsp"

LAYERS = (
    {"errors", "frozen", "text", "settings", "version"},
    {"profile", "golang"},
    {"sources", "placing"},
    {"analysis"},
    {"fixes"},
    {"leaktest"},
    {"features"},
    {"server"},
    {"cli"},
    {"__main__"},
)
OWNERS = {
    "google": {"profile"},
    # zstd is Python's own from 3.14 on.
    "zstandard": {"profile"},
    "compression": {"profile"},
    "httpx": {"sources"},
    "tree_sitter": {"golang"},
    "tree_sitter_go": {"golang"},
    "pygls": {"server"},
    "lsprotocol": {"server"},
    "platformdirs": {"server"},
}
HEAVY = {
    "httpx", "pygls", "lsprotocol", "asyncio", "multiprocessing", "concurrent.futures", "logging",
    "google.protobuf.text_format",
}  # fmt: skip


def modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if not path.name.endswith("_pb2.py"):
            name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = ast.parse(path.read_text("utf-8"))
    return found


MODULES = modules()


def area(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imported(tree: ast.Module) -> set[str]:
    """Every module that is imported anywhere in a file, those for type checkers too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module)
            found.update(f"{node.module}.{a.name}" for a in node.names if f"{node.module}.{a.name}" in MODULES)
    return found


def layer(name: str) -> int:
    return next(i for i, names in enumerate(LAYERS) if name in names)


@pytest.mark.parametrize("module", [m for m in MODULES if area(m)])
def test_lower_layers_never_import_higher_ones(module):
    own = area(module)
    for other in imported(MODULES[module]):
        if other.startswith("goleak_lsp.") and area(other) != own:
            assert layer(area(other)) < layer(own) or layer(own) == 0, f"{module} imports {other}"


@pytest.mark.parametrize("module", MODULES)
def test_each_third_party_library_has_one_owner(module):
    for other in imported(MODULES[module]):
        top = other.split(".")[0]
        if top in OWNERS:
            assert area(module) in OWNERS[top], f"{module} imports {other}"
        elif top != "goleak_lsp":
            assert top in sys.stdlib_module_names, f"{module} imports {other}, which has no owner"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=lambda p: p.parent.name)
def test_packages_hold_a_docstring_only(path):
    body = ast.parse(path.read_text("utf-8")).body
    assert len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)


def test_there_are_no_import_cycles():
    edges = {m: {o for o in imported(t) if o in MODULES and o != m} for m, t in MODULES.items()}
    # A package's __init__ holds nothing, so importing it makes no cycle.
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " → ".join((*path[path.index(module) :], module))
        if module not in done:
            for other in edges[module] - {"goleak_lsp"}:
                visit(other, (*path, module))
            done.add(module)

    for module in edges:
        visit(module, ())


def test_check_of_a_file_imports_nothing_heavy():
    """What a command does not need is not imported: it is most of the time that a start takes."""
    import subprocess

    code = (
        "import sys\nfrom goleak_lsp.cli.main import main\n"
        f"try: main(['check', {str(PACKAGE.parent / 'fixtures/leaky/profiles/go1.27-goroutine.pb.gz')!r}])\n"
        "except SystemExit: pass\n"
        f"print([m for m in {sorted(HEAVY)!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stderr.splitlines()[-1] == "[]"
