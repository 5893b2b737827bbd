"""Takes the picture of the README: a leak on its line in the workbench of VS Code.

    make picture    # after scripts/install-test-tools.sh; writes editors/pictures/vscode.png
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.vscode import Workbench, pack  # noqa: E402  (the path must be there first)
from support.workspace import Workspace  # noqa: E402

PICTURE = ROOT / "editors" / "pictures" / "vscode.png"
PROFILE = ROOT / "fixtures" / "leaky" / "profiles" / "go1.27-goroutineleak.debug2.txt"
MARK = " //@"
# Everything that is not the code is out of the way.
LOOK = {
    "breadcrumbs.enabled": False,
    "editor.fontFamily": "DejaVu Sans Mono",
    "editor.fontSize": 13,
    "editor.scrollbar.horizontal": "hidden",
    "editor.scrollbar.vertical": "hidden",
    "editor.stickyScroll.enabled": False,
    "editor.overviewRulerLanes": 0,
    "editor.hideCursorInOverviewRuler": True,
    "editor.matchBrackets": "never",
    "editor.occurrencesHighlight": "off",
    "markdown.preview.fontSize": 13,
    "security.workspace.trust.enabled": False,
    "window.commandCenter": False,
    "window.menuBarVisibility": "hidden",
    "workbench.activityBar.location": "hidden",
    "workbench.colorTheme": "Default Light Modern",
    "workbench.editor.editorActionsLocation": "hidden",
    "workbench.layoutControl.enabled": False,
    "workbench.statusBar.visible": False,
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="picture") as folder:
        home = Path(folder)
        workspace = Workspace.copy(ROOT / "fixtures" / "leaky", home / "leaky")
        line, text = workspace.line + 1, workspace.main.read_text()
        # The marks speak to the tests.
        workspace.main.write_text("\n".join(row.split(MARK)[0] for row in text.split("\n")))
        with Workbench(home, pack(home / "goleak.vsix"), LOOK | {"goleak.sources": [str(PROFILE)]}) as workbench:
            PICTURE.parent.mkdir(exist_ok=True)
            workbench.drive(ROOT / "tests" / "e2e" / "vscode" / "picture.mjs", workspace.root, line, PICTURE)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size >> 10} KiB")


if __name__ == "__main__":
    main()
