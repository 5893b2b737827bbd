"""An editor with several folders open: findings stand in each of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from support.client import RECORDED, Client

SOURCE = """package main

func main() {
	done := make(chan int)
	<-done
}
"""


def folder(root: Path, name: str, before: str = "") -> Path:
    (root / name).mkdir()
    (root / name / "go.mod").write_text(f"module example.com/{name}\n\ngo 1.24\n")
    (root / name / "main.go").write_text(before + SOURCE)
    return root / name


def dump(path: Path, *files: str) -> Path:
    """A dump of 120 goroutines at line 5 of each file."""
    path.write_text("".join(
        f"goroutine {n * 1000 + i + 1} [chan receive]:\nmain.main()\n\t{file}:5 +0x1d\n\n"
        for n, file in enumerate(files) for i in range(120)
    ))  # fmt: skip
    return path


def initialized(client: Client, *roots: Path) -> None:
    params = json.loads((RECORDED / "vscode-1.139.1.json").read_text())
    folders = [{"uri": root.as_uri(), "name": root.name} for root in roots]
    params |= {"processId": os.getpid(), "rootUri": folders[0]["uri"], "rootPath": str(roots[0])}
    client.result("initialize", params | {"workspaceFolders": folders, "initializationOptions": {}})
    client.notify("initialized", {})


def test_findings_stand_in_every_folder(tmp_path):
    """Both programs are of package main, and both files bear one name: the path tells whose it is."""
    api, worker = folder(tmp_path, "api"), folder(tmp_path, "worker")
    profile = dump(tmp_path / "dump.txt", "/build/api/main.go", "/build/worker/main.go")
    with Client() as client:
        initialized(client, api, worker)
        for root in (worker, api):
            client.open(root / "main.go")
        assert "error" not in client.command("goleak.load", str(profile))
        report = client.command("goleak.top")["result"]
        assert sorted((f["file"], f["line"], f["placed"]) for f in report["findings"]) == [
            ("../worker/main.go", 5, "exact"), ("main.go", 5, "exact"),
        ]  # fmt: skip
        lenses = client.result("textDocument/codeLens", {"textDocument": {"uri": (worker / "main.go").as_uri()}})
        assert [lens["range"]["start"]["line"] for lens in lenses] == [4]


def test_a_path_that_may_be_of_two_folders_is_of_neither(tmp_path):
    api, worker = folder(tmp_path, "api"), folder(tmp_path, "worker")
    profile = dump(tmp_path / "dump.txt", "/app/main.go")
    with Client() as client:
        initialized(client, api, worker)
        assert "error" not in client.command("goleak.load", str(profile))
        [found] = client.command("goleak.top")["result"]["findings"]
        assert (found["placed"], found["file"]) == ("none", None)
