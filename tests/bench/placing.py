"""What placing costs in large repositories and workspaces, and one table: `make bench-placing`.

A repository of 10,000 commits and 5,000 files, written anew by each of them, and a profile of its
first state: 500 stacks, placed by a process that has just started (cold) and again by the same one
(warm). A server that starts, until its first findings are published, in a workspace of 100,000
files and in one of two, in turn. A keystroke in a file of 5,000 lines with 200 findings, from the
change that is sent over standard input to the lenses that come back.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from itertools import repeat
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.client import Client  # the path must be there first

from bench import workload
from bench.figures import Figure, table, undisturbed
from bench.processes import processor_time
from bench.server import Keystrokes

LEAKY = Path(__file__).parents[2] / "fixtures" / "leaky"
COMMITS, FILES, STACKS, MANY = 10_000, 5_000, 500, 100_000
FINDINGS = 200

_CHILD = """
import json, sys, time
from pathlib import Path
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import place
from goleak_lsp.profile.formats import decode
[profile], problems = decode(Path(sys.argv[2]).read_bytes())
assert not problems, problems
tree, told = SourceTree(Path(sys.argv[1])), []
for _ in range(4):
    wall, processor = time.perf_counter(), time.process_time()
    placed = place(profile, tree)
    told.append((time.perf_counter() - wall, time.process_time() - processor))
sure = sum(p.confidence in ("exact", "moved") for p in placed.values())
print(json.dumps([told[0], min(told[1:]), len(placed), sure, list(tree.notes.values())]))
"""


class Repository:
    """500 stacks in a repository of many commits, cold and warm."""

    def __init__(self, folder: Path) -> None:
        self.module = workload.write(folder / "repository", files=FILES, functions=2)
        self.profile = folder / "repository.pb.gz"
        self.profile.write_bytes(self.module.profile(repeat(1), places=STACKS))
        history(self.module)
        self.cold = Figure(f"{STACKS} stacks, {COMMITS:,} commits and {FILES:,} files: cold", 2_000)
        self.warm = Figure(f"{STACKS} stacks, {COMMITS:,} commits and {FILES:,} files: warm", 25)
        self.figures, self.placed, self.said = [self.cold, self.warm], "", []

    def round(self) -> None:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, self.module.root, self.profile], capture_output=True, text=True, check=True
        )
        cold, warm, stacks, sure, notes = json.loads(done.stdout)
        self.cold.add(*cold)
        self.warm.add(*warm)
        self.placed, self.said = f"{sure} of {stacks} stacks are placed surely", notes

    def notes(self) -> list[str]:
        return [self.placed, *self.said]


def history(module: workload.Module) -> None:
    """Commits the module as it is, and then as many times one file with a line more."""
    root = module.root
    git = ["git", "-c", "core.autocrlf=false"]
    clean = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run([*git, "init", "-q", "-b", "main", root], check=True, env=clean)
    fed = subprocess.Popen([*git, "fast-import", "--quiet"], cwd=root, stdin=subprocess.PIPE, env=clean)
    texts = {path: path.read_text() for path in module.files}
    for number in range(COMMITS):
        fed.stdin.write(b"commit refs/heads/main\ncommitter A <a@b> %d +0000\ndata 1\n.\n" % (10**9 + number))
        changed = [root / "go.mod", *module.files] if number == 0 else [module.files[(number - 1) % FILES]]
        for path in changed:
            if number:
                texts[path] = grown(texts[path], number)
                path.write_text(texts[path])
            data = path.read_bytes()
            fed.stdin.write(b"M 644 inline %s\ndata %d\n" % (path.relative_to(root).as_posix().encode(), len(data)))
            fed.stdin.write(data + b"\n")
    fed.stdin.close()
    assert fed.wait() == 0


def grown(text: str, number: int) -> str:
    """A file with a line more: first above everything, then in every function."""
    if number <= FILES:
        return text.replace("import", f"// Change {number}.\nimport", 1)
    return text.replace("() {\n", "() {\n\tprintln(s.name)\n")


class Starts:
    """A server from its start to its first findings, in an almost empty workspace and in a large one."""

    def __init__(self, folder: Path) -> None:
        self.roots = [folder / "small", folder / "large"]
        for root in self.roots:
            root.mkdir()
            for name in ("main.go", "go.mod"):
                shutil.copy(LEAKY / name, root)
        for number in range(MANY):
            path = self.roots[1] / f"part{number // 100}" / f"file{number % 100}.go"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"package part{number // 100}\n\nfunc f{number}() {{}}\n")
        self.small = Figure("start in a workspace of 2 files → findings")
        self.large = Figure(f"start in a workspace of {MANY:,} files → findings", 1.1, self.small)
        self.figures = [self.small, self.large]

    def round(self) -> None:
        for figure, root in zip(self.figures, self.roots, strict=True):
            begun = time.perf_counter()
            with Client() as client:
                client.initialize(root, {"sources": [str(LEAKY / "profiles" / "go1.27-goroutineleak.pb.gz")]})
                client.diagnostics((root / "main.go").as_uri(), bool)
                figure.add(time.perf_counter() - begun, processor_time(client.process.pid))

    def notes(self) -> list[str]:
        return []


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-placing", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often each thing is measured (default: 15)")
    arguments = parser.parse_args()
    undisturbed()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="goleak-bench-")))
        measured = [Repository(folder), Starts(folder), Keystrokes(folder, stack, FINDINGS)]
        for _ in range(arguments.rounds):
            for group in measured:
                group.round()
        print(table([figure for group in measured for figure in group.figures]))
        for note in (note for group in measured for note in group.notes()):
            print(note)


if __name__ == "__main__":
    main()
