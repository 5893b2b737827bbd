"""Emacs: eglot with gopls and the server behind rass, and lsp-mode with the server as an add-on."""

import json
import subprocess
from pathlib import Path

import pytest
from support.tools import EDITORS, TOOLS, environment, program

CHECKS = Path(__file__).parent / "emacs"
PACKAGES = TOOLS / "testing" / "usr" / "share" / "emacs" / "site-lisp" / "elpa-src"


@pytest.mark.parametrize("client", ["eglot", "lsp-mode"])
def test_a_leak_is_shown_explained_and_fixed(tmp_path, workspace, client):
    line = workspace.line + 1
    seen = run(tmp_path, workspace, client)
    assert seen["line"] == line
    assert "135 goroutines blocked here" in seen["message"]
    assert "main.myLeakyFunction" in seen["stacks"]
    assert "135 goroutines blocked here" in seen.get("lens", seen["message"])
    assert "var ch chan int" in seen["hover"]
    assert len(seen["fixes"]) > 1
    assert "case <-ctx.Done():" in workspace.main.read_text()


def run(home: Path, workspace, client: str) -> dict:
    """What a check prints."""
    folders = [*sorted(PACKAGES.iterdir()), EDITORS / "emacs"]
    loads = [CHECKS / "check.el", CHECKS / f"{client}-check.el"]
    command = [program("emacs"), "-Q", "--batch"]
    command += [part for folder in folders for part in ("-L", str(folder))]
    command += [part for file in loads for part in ("-l", str(file))]
    env = environment(home) | {"GOLEAK_SOURCE": workspace.leak, "GOLEAK_LINE": str(workspace.line + 1)}
    done = subprocess.run(command, cwd=workspace.root, env=env, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
