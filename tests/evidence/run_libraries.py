"""Leaks of released public libraries: the right line, kind and number, and nothing else.

    python tests/evidence/run_libraries.py [--toolchain go1.27.3] [--keep FOLDER] [NAME…]

Each library of `libraries/go.mod` is used as its users did, twenty times between two snapshots. It is
judged with its own source as the source tree: by growth alone against the first snapshot, by growth over
the series, and together with the leak profile.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.formats import decode
from goleak_lsp.settings import Evidence

HERE = Path(__file__).parent / "libraries"
# Module, and per leaking place: function, kind, number at the end, text of the line.
EXPECTED = {
    "lumberjack": ("gopkg.in/natefinch/lumberjack.v2", [("millRun", "chan-range", 60, "for _ = range l.millCh")]),
    "bigcache": ("github.com/allegro/bigcache", [("newBigCache.func1", "chan-range", 60, "for t := range time.Tick")]),
    "expirable": ("github.com/hashicorp/golang-lru/v2", [("NewLRU[...].func1", "select", 60, "select {")]),
    "ttlcache": ("github.com/jellydator/ttlcache/v2", [("startExpirationProcessing", "select", 60, "select {")]),
    "concurrent-map": (
        "github.com/orcaman/concurrent-map",
        [("fanIn.func1", "chan-send", 1920, "out <- t"), ("fanIn", "waitgroup-wait", 60, "wg.Wait()")],
    ),
    "golang-set": ("github.com/deckarep/golang-set", [("Iter.func1", "chan-send", 60, "ch <- elem")]),
    "ants": (
        "github.com/panjf2000/ants/v2",
        [
            ("purgeStaleWorkers", "select", 61, "select {"),
            ("ticktock", "chan-range", 61, "for range ticker.C"),
        ],
    ),
    "diskv": ("github.com/peterbourgon/diskv", [("walker.1", "select", 60, "select {")]),
    "backoff": ("github.com/cenkalti/backoff/v4", [("(*Ticker).run", "select", 60, "select {")]),
    "channels": ("github.com/eapache/channels", [("(*InfiniteChannel).infiniteBuffer", "select", 60, "select {")]),
    "cron": ("github.com/robfig/cron/v3", [("(*Cron).run", "select", 60, "select {")]),
    "pubsub": ("github.com/cskr/pubsub", [("(*registry).send", "chan-send", 60, "ch <- msg")]),
    "eventbus": ("github.com/asaskevich/EventBus", [("doSubscribe", "mutex-lock", 60, "bus.lock.Lock()")]),
}
ALSO = "(*goWorker).run.func1"
"""The one worker of each forgotten pool of ants: it leaks too, and yet is what a healthy pool has."""


def profile(path: Path) -> list:
    return list(decode(path.read_bytes())[0])


def mistakes(name: str, folder: Path, tree: SourceTree) -> tuple[list[str], str]:
    """What is wrong in any of the views of one library, and how the runtime's proof judged it."""
    series = [p for n in range(4) for p in profile(folder / f"{n}.pb.gz")]
    views = {
        "base": (series[-1:], series[:1]),
        "series": (series, []),
        "proof": (series + profile(folder / "leak.pb.gz"), series[:1]),
    }
    wrong, proved = [], ""
    for view, (now, base) in views.items():
        findings = [f for f in analyse([("p", p) for p in now], [("p", p) for p in base], tree, Evidence())]
        left = [
            f
            for f in findings
            if f.evidence != "crowded" and not f.stack[f.placement.frame or 0].function.endswith(ALSO)
        ]
        for function, kind, count, text in EXPECTED[name][1]:
            here = [f for f in left if f.stack[f.placement.frame or 0].function.endswith(function)]
            left = [f for f in left if f not in here]
            wrong += [f"{name} {view}: {each}" for each in _compare(here, function, kind, count, text, tree)]
            if view == "proof":
                proved += " ".join(f"{f.evidence} {f.count}" for f in here) + " "
        wrong += [f"{name} {view}: alarm {f.evidence} {f.kind} {f.count} at {f.placement.anchor}" for f in left]
    return wrong, proved


def copied(released: Path, target: Path, module: str) -> Path:
    """The library's source as a checkout would have it; releases of old have no ``go.mod``."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(released, target, copy_function=shutil.copyfile)
    for folder in (target, *(p for p in target.rglob("*") if p.is_dir())):
        folder.chmod(0o755)
    if not (target / "go.mod").exists():
        (target / "go.mod").write_text(f"module {module}\n")
    return target


def _compare(here: list, function: str, kind: str, count: int, text: str, tree: SourceTree) -> list[str]:
    total, kinds = sum(f.count for f in here), {f.kind for f in here}
    # A library may be a few short of its last round when the snapshot is taken.
    if not 0.95 * count <= total <= count:
        return [f"{total} of {count} found in {function}"]
    lines = {tree.read(f.placement.path).lines.text(f.placement.line).strip() for f in here if f.placement.path}
    if kinds != {kind} or not all(text in line for line in lines) or not lines:
        return [f"{function}: {kinds} on {lines}"]
    return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toolchain", default="go1.27.3")
    parser.add_argument("--keep", help="a folder for the program and the profiles")
    parser.add_argument("--replay", action="store_true", help="judge the profiles that --keep holds")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    environment = {**os.environ, "GOTOOLCHAIN": options.toolchain}
    wrong: list[str] = []
    names = options.names or list(EXPECTED)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.keep or scratch)
        if not options.replay:
            subprocess.run(["go", "build", "-o", folder / "libraries", "."], cwd=HERE, env=environment, check=True)
        for name in names:
            (folder / name).mkdir(exist_ok=True)
            if not options.replay:
                subprocess.run([folder / "libraries", name, folder / name], timeout=60, check=True)
            where = ["go", "list", "-m", "-f", "{{.Dir}}", EXPECTED[name][0]]
            done = subprocess.run(where, cwd=HERE, env=environment, capture_output=True, text=True, check=True)
            source = copied(Path(done.stdout.strip()), folder / name / "source", EXPECTED[name][0])
            found, proved = mistakes(name, folder / name, SourceTree(source))
            wrong += found
            print(f"{name:16} {'wrong' if found else 'right'}  {proved}")
    for text in wrong:
        print("   ", text)
    good = len(names) - len({text.split()[0] for text in wrong})
    print(f"leaks of public libraries: {good} of {len(names)} right in three views each")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
