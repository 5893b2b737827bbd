"""Helix with gopls beside the server: diagnostic on the line, hover, quick fix."""

from support.terminal import Terminal
from support.tools import EDITORS, environment, program

# What a user turns on to see diagnostics in the text.
CONFIG = """
[editor]
end-of-line-diagnostics = "hint"
[editor.inline-diagnostics]
cursor-line = "hint"
"""


def test_a_leak_is_shown_explained_and_fixed(tmp_path, workspace):
    folder = tmp_path / "config" / "helix"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG)
    languages = (EDITORS / "helix" / "languages.toml").read_text()
    settings = f'\n[language-server.goleak.config]\nsources = ["{workspace.leak}"]\n'
    (folder / "languages.toml").write_text(languages + settings)
    place = f"main.go:{workspace.line + 1}:4"  # the c of <-ch
    with Terminal([program("hx"), place], workspace.root, environment(tmp_path)) as helix:
        helix.until("135 goroutines blocked here (channel receive)")
        helix.press("Space", "k")
        # Each server has a page of its own.
        helix.until("main.myLeakyFunction", pressing="M-n")
        helix.until("var ch chan int", pressing="M-n")
        helix.press("Escape")
        helix.until(lambda screen: "var ch chan int" not in screen)
        helix.press("Space", "a")
        helix.until("Return when ctx is done")
        helix.press("Enter")
        helix.until("case <-ctx.Done():")
        helix.type(":w")
        helix.press("Enter")
        helix.until("written")
    assert "case <-ctx.Done():" in workspace.main.read_text()
