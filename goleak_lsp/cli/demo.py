"""Show the main job on a real profile of a small leaking service that ships with the program."""

from __future__ import annotations

import argparse
from importlib.resources import as_file, files

from goleak_lsp.cli import check

PROFILES = ("go1.27-goroutine.pb.gz", "go1.27-goroutineleak.pb.gz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The demo has no arguments."""


def run(arguments: argparse.Namespace) -> int:
    with as_file(files("goleak_lsp") / "demo") as folder:
        sources = [str(folder / name) for name in PROFILES]
        given = argparse.Namespace(sources=sources, base=None, root=folder, format="text", fail_on="never")
        print("A service leaks. Its goroutine profiles, read and placed on its source:\n")
        status = check.run(given)
    print("\nIn your own service: goleak-lsp check http://localhost:6060")
    return status
