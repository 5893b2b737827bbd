"""Show the main job on a real profile of a small leaking service that ships with the program."""

from __future__ import annotations

import argparse
from importlib.resources import as_file, files

from goleak_lsp.cli import check, options, streams

PROFILES = ("go1.27-goroutine.pb.gz", "go1.27-goroutineleak.pb.gz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The demo has no arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Checks the profiles that come with the program."""
    with as_file(files("goleak_lsp") / "demo") as folder:
        sources = [str(folder / name) for name in PROFILES]
        given = options.parser_of("check", check).parse_args(["--root", str(folder), "--fail-on", "never", *sources])
        streams.write("A service leaks. Its goroutine profiles, read and placed on its source:\n\n")
        status = check.run(given)
    streams.write("\nIn your own service: goleak-lsp check http://localhost:6060\n")
    return status
