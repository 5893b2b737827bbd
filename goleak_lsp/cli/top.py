"""Count goroutines by place in your code, or by function.

goleak-lsp top goroutine.pb.gz
goleak-lsp top http://localhost:6060 --by function
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from goleak_lsp.cli.check import _complain
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.placing.place import place
from goleak_lsp.profile.model import Profile
from goleak_lsp.profile.names import is_runtime
from goleak_lsp.sources.load import load
from goleak_lsp.text import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", nargs="+", metavar="SOURCE", help="file, glob, -, or http(s)://host:port")
    parser.add_argument("--root", default=".", metavar="DIR", help="the source tree (default: here)")
    parser.add_argument("--by", choices=("place", "function"), default="place")


def run(arguments: argparse.Namespace) -> int:
    snapshots, problems = load(arguments.sources)
    newest = {(s.process, s.profile.kind): s.profile for s in snapshots}
    plain = [p for (_, kind), p in newest.items() if kind == "goroutine"] or list(newest.values())
    tree = SourceTree(Path(arguments.root))
    counts: Counter[str] = Counter()
    for profile in plain:
        counts.update(_by_function(profile) if arguments.by == "function" else _by_place(profile, tree))
    for name, count in counts.most_common():
        print(f"{count:>8}  {printable(name)}")
    _complain(problems)
    return 2 if any(p.fatal for p in problems) else 0


def _by_function(profile: Profile) -> Counter[str]:
    """Counts by innermost function that is not the runtime's, as pprof's top with them hidden."""
    counts: Counter[str] = Counter()
    for sample in profile.samples:
        shown = [f for f in sample.stack if not is_runtime(f.function)]
        if shown:
            counts[shown[0].function] += sample.count
    return counts


def _by_place(profile: Profile, tree: SourceTree) -> Counter[str]:
    placed = place(profile, tree)
    counts: Counter[str] = Counter()
    for sample in profile.samples:
        at = placed[sample.stack]
        where = f"{tree.relative(at.path)}:{at.line} " if at.path else ""
        counts[f"{where}{at.anchor.function} ({at.kind})"] += sample.count
    return counts
