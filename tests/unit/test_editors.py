"""The files for editors are in step with the program."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from goleak_lsp.settings import parse

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "vscode_settings.py"
MANIFEST = json.loads((ROOT / "editors" / "vscode" / "package.json").read_text())


def generator():
    spec = importlib.util.spec_from_file_location("vscode_settings", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def nested(name: str, value: object) -> dict:
    for part in reversed(name.split(".")[1:]):
        value = {part: value}
    return value


def test_the_extension_has_every_setting_of_the_program():
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_setting_is_explained_and_takes_what_the_extension_offers():
    program = generator().PROGRAM
    for name, schema in MANIFEST["contributes"]["configuration"]["properties"].items():
        assert schema["markdownDescription"].strip()
        for value in () if name in program else schema.get("enum", ()):
            assert parse(nested(name, value))[1] == [], (name, value)


def test_every_command_of_the_server_is_in_the_palette(client, workspace):
    result = client.initialize(workspace.root)["capabilities"]["executeCommandProvider"]["commands"]
    palette = {entry["command"] for entry in MANIFEST["contributes"]["commands"]}
    assert palette - set(result) == {"goleak.restart", "goleak.showLogs"}
    assert set(result) <= palette


def test_an_untrusted_workspace_sets_nothing_that_is_run_or_read():
    trust = MANIFEST["capabilities"]["untrustedWorkspaces"]
    assert trust["supported"] == "limited"
    assert {"goleak.path", "goleak.args", "goleak.sources", "goleak.baseline"} <= set(trust["restrictedConfigurations"])


def test_lock_files_name_no_addresses():
    locks = [*ROOT.glob("editors/*/package-lock.json"), *ROOT.glob("tests/e2e/*/package-lock.json")]
    assert locks
    for lock in locks:
        packages = json.loads(lock.read_text())["packages"].values()
        assert not [p for p in packages if "resolved" in p]
