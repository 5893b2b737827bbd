"""One self-contained page with the call tree of goroutines, from where they began to where they wait.

It loads nothing, runs only its own script, which its policy names by digest, and shows names as
text alone. It holds no labels and no path of the machine that built the program.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from goleak_lsp.features.words import WAITS, goroutines
from goleak_lsp.placing.locate import Locator
from goleak_lsp.profile.kinds import kind_of
from goleak_lsp.profile.model import Frame, Profile, Sample
from goleak_lsp.profile.names import is_runtime
from goleak_lsp.text import printable

MAX_NODES = 20_000
"""Boxes of a page; what is thinner than they allow is added to its caller alone."""
MAX_GROWN = 200_000
"""Nodes of a call tree, of which the thin ones are left out later."""
MAX_DEPTH = 200

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; {policy}; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
<header>
<h1>{title}</h1>
<p id="about">{about}</p>
<label>Find <input id="find" type="search" placeholder="part of a name" autocomplete="off"></label>
<button id="back" type="button" hidden>Whole graph</button>
</header>
<main id="graph"></main>
<p id="told" role="status">Choose a box to see what is below it.</p>
<noscript><p>The graph is drawn by the script of this page.</p></noscript>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</html>
"""


@dataclass(slots=True)
class Node:
    """Goroutines that share the frames from the root to here, now and in the base."""

    name: str
    place: str = ""
    mine: bool = False
    count: int = 0
    base: int = 0
    below: dict[str, Node] = field(default_factory=dict)


def tree_of(profiles: Sequence[Profile], base: Sequence[Profile], local: Locator) -> Node:
    """The call tree of all goroutines; the runtime's frames are left out, the wait stands at the end.

    The largest stacks come first: when there are too many nodes, the rest is added to those there.
    """
    grower = _Grower(local)
    for before, group in ((False, profiles), (True, base)):
        for profile in group:
            for sample in sorted(profile.samples, key=lambda s: -s.count):
                grower.add(sample, before)
    return grower.root


class _Grower:
    """Adds samples to a tree of a bounded number of nodes."""

    def __init__(self, local: Locator) -> None:
        self.local = local
        self.root = Node("all goroutines")
        self.nodes = 1
        self.told: dict[Frame, tuple[str, str, bool] | None] = {}

    def add(self, sample: Sample, before: bool) -> None:
        """Counts a sample in every node from the root to its wait."""
        node = self.root
        _count(node, sample.count, before)
        shown = [self._tell(frame) for frame in reversed(sample.stack[-MAX_DEPTH:])]
        for key in [*filter(None, shown), (f"[{WAITS[kind_of(sample)]}]", "", False)]:
            below = node.below.get(key[0])
            if below is None:
                if self.nodes >= MAX_GROWN:
                    return
                self.nodes += 1
                below = node.below[key[0]] = Node(*key)
            node = below
            _count(node, sample.count, before)

    def _tell(self, frame: Frame) -> tuple[str, str, bool] | None:
        """What is told of a frame; nothing of the runtime's own."""
        if frame not in self.told:
            file = self.local.file(frame)
            place = f"{file}:{self.local.line(frame) or frame.line}" if file else ""
            name = printable(frame.function, 300)
            self.told[frame] = None if is_runtime(frame.function) else (name, place, file is not None)
        return self.told[frame]


def _count(node: Node, count: int, before: bool) -> None:
    if before:
        node.base += count
    else:
        node.count += count


def page(root: Node, sources: Sequence[str], compared: bool) -> str:
    """The whole page; ``sources`` are named in it, ``compared`` says whether there was a base."""
    web = files("goleak_lsp") / "web"
    script, style = ((web / f"flame.{kind}").read_text("utf-8") for kind in ("js", "css"))
    about = f"{goroutines(root.count)} in {', '.join(sources)}"
    if compared:
        about += f"; {root.base} in the base; redder is more than there, bluer is less"
    data = json.dumps(_rows(root, _least(root)), separators=(",", ":"))
    return _PAGE.format(
        policy=f"style-src {_digest(style)}; script-src {_digest(script)}",
        title="Goroutines",
        about=html.escape(printable(about, 500)),
        style=style,
        script=script,
        # Nothing in the data can end the element that it stands in.
        data=data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _least(root: Node) -> int:
    """The count below which boxes are left out, so that MAX_NODES are kept at most."""
    counts, stack = [], [root]
    while stack:
        node = stack.pop()
        counts.append(max(node.count, node.base))
        stack += node.below.values()
    counts.sort(reverse=True)
    return counts[MAX_NODES - 1] + 1 if len(counts) > MAX_NODES else 1


def _rows(node: Node, least: int) -> list:
    """A node as the script wants it: name, place, mine, count, base, children; largest first."""
    kept = (n for n in node.below.values() if max(n.count, n.base) >= least)
    below = [_rows(n, least) for n in sorted(kept, key=lambda n: (-n.count, n.name))]
    return [node.name, node.place, int(node.mine), node.count, node.base, below]
