"""Real modules at several released versions, and histories made of their releases."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from drift.source import Files, go_files

MODULES = {
    "github.com/hashicorp/raft": ("v1.3.0", "v1.5.0", "v1.6.0", "v1.7.0"),
    "github.com/hashicorp/serf": ("v0.9.7", "v0.10.0", "v0.10.1"),
    "go.etcd.io/etcd/client/v3": ("v3.5.0", "v3.5.9", "v3.5.17"),
    "github.com/redis/go-redis/v9": ("v9.0.0", "v9.3.0", "v9.7.0"),
    "google.golang.org/grpc": ("v1.60.0", "v1.64.0", "v1.68.0", "v1.71.0"),
    "github.com/cockroachdb/pebble": ("v1.0.0", "v1.1.0", "v1.1.2"),
    "github.com/nats-io/nats-server/v2": ("v2.10.0", "v2.10.10", "v2.10.20", "v2.11.0"),
    "github.com/prometheus/prometheus": ("v0.45.0", "v0.48.0", "v0.51.0"),
    "github.com/nats-io/nats.go": ("v1.31.0", "v1.37.0", "v1.39.0"),
    "github.com/gorilla/websocket": ("v1.4.0", "v1.5.0", "v1.5.3"),
}


@dataclass(frozen=True)
class Release:
    module: str
    version: str
    root: Path

    def files(self) -> Files:
        return go_files(self.root)


def releases(module: str, versions: tuple[str, ...]) -> list[Release]:
    """The releases of a module, fetched through Go's own client where they are not at hand."""
    found = []
    for version in versions:
        done = subprocess.run(
            ["go", "mod", "download", "-json", f"{module}@{version}"],
            capture_output=True, text=True, cwd=Path.home(), env=os.environ | {"GOFLAGS": "-mod=mod"}, check=True,
        )  # fmt: skip
        found.append(Release(module, version, Path(json.loads(done.stdout)["Dir"])))
    return found


def write(files: Files, root: Path) -> None:
    """Puts files where they belong."""
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


_on_disk: dict[Path, Files] = {}


def workspace(release: Release, files: Files, root: Path) -> None:
    """A work tree of a release: its files and its go.mod, nothing else; writes what is not there yet."""
    before = _on_disk.get(root, {})
    for path in before.keys() - files.keys():
        (root / path).unlink()
    root.mkdir(parents=True, exist_ok=True)
    go_mod = release.root / "go.mod"
    (root / "go.mod").write_text(go_mod.read_text() if go_mod.exists() else f"module {release.module}\n")
    write({path: data for path, data in files.items() if before.get(path) != data}, root)
    _on_disk[root] = dict(files)


def git(root: Path, *arguments: str) -> None:
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = os.environ | identity | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, env=environment)


def history(found: list[Release], root: Path) -> None:
    """A repository with one tagged commit a release, the last one checked out."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q", "-b", "main")
    for release in found:
        workspace(release, release.files(), root)
        git(root, "add", "-A")
        git(root, "commit", "-q", "--allow-empty", "-m", release.version)
        git(root, "tag", release.version)
