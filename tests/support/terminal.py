"""A program in a terminal of its own, seen as its screen: tmux."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from support.tools import program

SECONDS = 30


class Terminal:
    """Runs a command on a screen of 120 by 40."""

    def __init__(self, command: list[str], folder: Path, env: dict[str, str]) -> None:
        # The path of a socket must be short.
        self.folder = tempfile.TemporaryDirectory(prefix="tmux")
        self.env = env | {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        size = ["-x", "120", "-y", "40"]
        # Without a pause after Escape, so that it is never taken for the start of another key.
        self._tmux("set", "-s", "escape-time", "0", ";", "new-session", "-d", *size, "-c", str(folder), *command)

    def _tmux(self, *arguments: str) -> str:
        socket = str(Path(self.folder.name) / "s")
        command = [program("tmux"), "-f", "/dev/null", "-S", socket, "start-server", ";", *arguments]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, wanted: str | Callable[[str], bool], pressing: str | None = None) -> str:
        """Waits until the screen shows a text; a key that the program may miss is pressed each time."""
        end = time.monotonic() + SECONDS
        while True:
            screen = self.screen()
            if wanted in screen if isinstance(wanted, str) else wanted(screen):
                return screen
            assert time.monotonic() < end, f"never came: {wanted}\n{screen}"
            if pressing:
                self.press(pressing)
            time.sleep(0.1)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *failure) -> None:
        self._tmux("kill-server")
        self.folder.cleanup()
