"""The pairs of the pages about testing: each builds before and after, and its test passes."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from support.pages import pairs

PATHS = {
    "atomic": "sync/atomic", "context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http",
    "sync": "sync", "testing": "testing", "time": "time",
}  # fmt: skip


def complete(code: str) -> str:
    """The code with a package clause and the imports of what it names."""
    named = [path for name, path in PATHS.items() if re.search(rf"(?<![\w.]){name}\.[A-Z]", code)]
    imports = ["import (", *(f'\t"{path}"' for path in sorted(named)), ")", ""] if named else []
    return "\n".join(["package p", "", *imports, code])


def go(folder: Path, *command: str) -> str:
    environment = os.environ | {"GOFLAGS": "", "GOWORK": "off"}
    done = subprocess.run(["go", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_way_has_its_pair_and_its_test():
    assert list(pairs("testing.md")) == [
        "An interface where it meets the world",
        "A WaitGroup to wait for what was started",
        "A channel for the result",
        "A context to end it",
        "No globals",
    ]
    assert all(list(pair) == ["before", "after", "test"] for pair in pairs("testing.md").values())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", ["testing.md", "make-testable.md"])
def test_pairs_build_are_formatted_and_their_tests_pass(tmp_path, page):
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.24\n")
    for number, pair in enumerate(pairs(page).values()):
        for role in ("before", "after"):
            folder = tmp_path / f"{role}{number}"
            folder.mkdir()
            (folder / "p.go").write_text(complete(pair[role]))
        if "test" in pair:
            (folder / "p_test.go").write_text(complete(pair["test"]))
    go(tmp_path, "vet", "./...")
    said = go(tmp_path, "test", "-race", "-v", "./after...")
    assert said.count("--- PASS: ") == sum("test" in pair for pair in pairs(page).values())
    assert subprocess.run(["gofmt", "-l", "."], cwd=tmp_path, capture_output=True, text=True).stdout == ""
