"""The packed extension in the workbench of VS Code: diagnostic, lens and its page, quick fix."""

from pathlib import Path

import pytest
from support.vscode import Workbench, pack

DRIVERS = Path(__file__).parent / "vscode"


@pytest.fixture(scope="session")
def vsix(tmp_path_factory) -> Path:
    return pack(tmp_path_factory.mktemp("vsix") / "goleak.vsix")


def test_the_packed_extension_shows_a_leak_and_fixes_it(tmp_path, workspace, vsix):
    with Workbench(tmp_path, vsix, {"goleak.sources": [workspace.leak]}) as workbench:
        seen = workbench.drive(DRIVERS / "smoke.mjs", workspace.root, workspace.line + 1)
    assert "not trusted" in seen["untrusted"]
    assert seen["title"] == "135 goroutines blocked here"
    assert "main.myLeakyFunction" in seen["stacks"]
    assert len(seen["fixes"]) > 1
    assert "case <-ctx.Done():" in workspace.main.read_text()
