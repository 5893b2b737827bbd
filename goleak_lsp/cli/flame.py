"""Draw the call tree of all goroutines as one page for a browser.

  goleak-lsp flame http://localhost:6060 -o goroutines.html
  goleak-lsp flame after.pb.gz --base before.pb.gz -o grown.html

The page needs nothing but itself: it loads nothing and sends nothing. Choosing a box shows what
is below it, Escape the whole again; your own code is warm, libraries are cool.
"""

from __future__ import annotations

import argparse
import os

from goleak_lsp.cli import options, streams
from goleak_lsp.cli.gather import complain, gather, newest
from goleak_lsp.features.flame import page, tree_of
from goleak_lsp.placing.locate import Locator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `flame`."""
    options.add_sources(parser)
    options.add_base(parser)
    parser.add_argument("-o", "--output", required=True, metavar="FILE.html", help="the page; - is standard output")


def run(arguments: argparse.Namespace) -> int:
    """Writes the page; 2 where a source could not be read."""
    gathered = gather(arguments)
    shown, base = newest(gathered.snapshots), newest(gathered.base or [])
    if shown:
        profiles, before = [s.profile for s in shown], [s.profile for s in base]
        root = tree_of(profiles, before, Locator([*profiles, *before], gathered.tree))
        # A file's folder belongs to this machine; the page may leave it.
        names = [os.path.basename(s.source) for s in shown]
        streams.save(arguments.output, page(root, names, gathered.base is not None).encode())
    complain(gathered)
    return 2 if gathered.failed else 0
