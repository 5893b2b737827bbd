"""Go's own leak programs: what the runtime proves of them, and what one plain snapshot shows.

    python tests/evidence/run_go_leak_programs.py [--toolchain go1.27.3] [--runs N] [--no-history] [NAME…]

Copies the programs of the toolchain's test data, makes each write its profiles in every form
when it would have printed its leak profile, and compares the findings with the leaked goroutines
of the `debug=2` text: place, kind and count. Then the leak profile is withheld, and what is
`orphaned` or `deadlock` in the plain one must be among what the runtime proved.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.analysis.findings import STRENGTH
from goleak_lsp.errors import ProfileError
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.formats import decode
from goleak_lsp.profile.kinds import BY_STATE
from goleak_lsp.settings import Evidence

WRITER = """package main

import (
	"os"
	"runtime/pprof"
)

func writeAll() {
	write := func(profile string, debug int, name string) {
		f, err := os.Create(os.Getenv("OUT") + "/" + name)
		if err != nil {
			panic(err)
		}
		pprof.Lookup(profile).WriteTo(f, debug)
		f.Close()
	}
	write("goroutine", 0, "plain.pb.gz")
	write("goroutineleak", 0, "leak.pb.gz")
	write("goroutineleak", 1, "leak.debug1")
	write("goroutineleak", 2, "leak.debug2")
}
"""
WRITE = re.compile(r"prof\.WriteTo\(os\.Stdout, 2\)")
FORMS = ("leak.pb.gz", "leak.debug1", "leak.debug2")
CHANNELS = {"chan-range": "chan-receive", "nil-chan-receive": "chan-receive", "nil-chan-send": "chan-send"}


def commit(folder: Path) -> None:
    """Makes a repository of a folder, as sources are kept: `debug=1` alone does not show that they are unchanged."""
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com")
    for arguments in (("init", "-q"), ("add", "go.mod", "."), (*who, "commit", "-q", "-m", "The programs")):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def build(toolchain: str, target: Path, history: bool) -> list[tuple[Path, Path]]:
    """The programs' folders and binaries, in a copy that writes files."""
    environment = {**os.environ, "GOTOOLCHAIN": toolchain}
    root = subprocess.run(["go", "env", "GOROOT"], env=environment, capture_output=True, text=True, check=True)
    data = Path(root.stdout.strip(), "src/runtime/testdata/testgoroutineleakprofile")
    built = []
    for folder in (data, data / "goker"):
        copy = target / (folder.name if folder.name == "goker" else "micro")
        copy.mkdir(parents=True)
        for source in folder.glob("*.go"):
            text = WRITE.sub("writeAll()", source.read_text())
            (copy / source.name).write_text(text)
        (copy / "write_all.go").write_text(WRITER)
        (copy / "go.mod").write_text("module example.com/programs\n\ngo 1.27\n")
        # What only the replaced call used is used no more; the compiler need not mind.
        for source in copy.glob("*.go"):
            text = source.read_text()
            if "writeAll()" in text and source.name != "write_all.go":
                extra = "; var _ = os.Stdout" if re.search(r'^\t"os"$', text, re.MULTILINE) else ""
                text = re.sub(r"prof := pprof\.Lookup", "prof := pprof.Lookup", text)
                source.write_text(text.replace("writeAll()", "_ = prof; writeAll()") + extra.replace("; ", "\n"))
        subprocess.run(["go", "build", "-o", "programs", "."], cwd=copy, env=environment, check=True)
        if history:
            commit(copy)
        built.append((copy, copy / "programs"))
    return built


def names(folder: Path) -> list[str]:
    found = re.findall(r'register\("(\w+)"', "".join(p.read_text() for p in folder.glob("*.go")))
    return sorted(found)


def run(binary: Path, name: str, out: Path) -> bool:
    """Runs one program; whether it wrote all its profiles."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    processors = "1" if binary.parent.name == "micro" else "2"
    environment = {**os.environ, "OUT": str(out), "GOMAXPROCS": processors, "GODEBUG": "asyncpreemptoff=1"}
    try:
        subprocess.run([binary, name], env=environment, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return False
    return (out / FORMS[-1]).exists()


def proved(dump: str, folder: Path) -> Counter:
    """(file, line, kind) of the leaked goroutines of a dump, read without the program under test."""
    found: Counter = Counter()
    for block in dump.split("\n\n"):
        header = re.match(r"goroutine \d+ \[([^\],]*) \(leaked\)", block)
        places = [p for p in re.findall(r"\n\t(\S+?):(\d+)", block.split("created by")[0]) if str(folder) in p[0]]
        if header and places:
            file, line = places[0]
            kind = "rwmutex-lock" if "\nsync.(*RWMutex).Lock(" in block else BY_STATE.get(header[1], "other")
            found[(Path(file).name, int(line), kind)] += 1
    return found


def found_in(path: Path, tree: SourceTree) -> list:
    profiles = decode(path.read_bytes())[0]
    return analyse([("p", p) for p in profiles], [], tree, Evidence())


def places(findings, evidence: tuple[str, ...]) -> Counter:
    counted: Counter = Counter()
    for f in findings:
        if f.evidence in evidence:
            file = f.placement.path.name if f.placement.path else None
            counted[(file, f.placement.line, f.kind)] += f.count
    return counted


def coarse(places: Counter) -> Counter:
    """Kinds as far as every format can tell them."""
    counted: Counter = Counter()
    for (file, line, kind), count in places.items():
        counted[(file, line, CHANNELS.get(kind, kind))] += count
    return counted


def by_line(places: Counter) -> Counter:
    counted: Counter = Counter()
    for (file, line, _), count in places.items():
        counted[(file, line)] += count
    return counted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toolchain", default="go1.27.3")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--keep", help="a folder for the copies and profiles")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--no-history", action="store_true", help="leave the sources outside of any repository")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(os.path.realpath(options.keep or scratch))
        shutil.rmtree(target, ignore_errors=True)
        return measure(build(options.toolchain, target, not options.no_history), options)


def measure(built: list[tuple[Path, Path]], options) -> int:
    totals: Counter = Counter()
    for folder, binary in built:
        tree = SourceTree(folder)
        for name in options.names or names(folder):
            if name not in names(folder):
                continue
            for _ in range(options.runs):
                out = folder / f"out-{name}"
                if not run(binary, name, out):
                    totals["runs without profiles"] += 1
                    continue
                judge(name, out, folder, tree, totals, options.verbose)
    wrong = any(v for k, v in totals.items() if k.startswith(("wrong", "alarm", "unproved")))
    for key, value in sorted(totals.items()):
        print(f"{value:>8}  {key}")
    return 1 if wrong else 0


def judge(name: str, out: Path, folder: Path, tree: SourceTree, totals: Counter, verbose: bool) -> None:
    """Compares the findings of one run with what the runtime proved in it."""
    truth = proved((out / "leak.debug2").read_text(), folder)
    totals["runs"] += 1
    totals["goroutines proved"] += sum(truth.values())
    for form in FORMS:
        try:
            findings = found_in(out / form, tree)
        except ProfileError:
            totals[f"wrong: {form} could not be read"] += 1
            continue
        seen = places(findings, ("leaked",))
        same = coarse if form != "leak.debug1" else by_line
        # Each form is a collection of its own, which may miss some that another proved.
        exact = same(seen) == same(truth) if form == FORMS[-1] else not same(seen) - same(truth)
        totals[f"{'right' if exact else 'wrong'} {form}"] += 1
        if not exact and verbose:
            print(name, form, "has", coarse(seen) - coarse(truth), "lacks", coarse(truth) - coarse(seen))
        if form == "leak.debug2":
            lines = by_line(truth)
            others = places([f for f in findings if f.evidence not in ("leaked", "crowded")], STRENGTH)
            totals["alarms elsewhere"] += sum(n for place, n in by_line(others).items() if place not in lines)
    shown = places(found_in(out / "plain.pb.gz", tree), ("orphaned", "deadlock"))
    extra = by_line(shown) - by_line(truth)
    totals["shown by one plain snapshot"] += sum(shown.values()) - sum(extra.values())
    totals["places proved"] += len(by_line(truth))
    totals["places shown by one plain snapshot"] += len(set(by_line(shown)) & set(by_line(truth)))
    beyond = {place: n for place, n in extra.items() if place in by_line(truth)}
    totals["more than the runtime proved, at places that it proved"] += sum(beyond.values())
    if len(extra) > len(beyond):
        totals["unproved by the runtime"] += sum(extra.values()) - sum(beyond.values())
        print(name, "not proved:", {place: n for place, n in extra.items() if place not in beyond})
    if verbose:
        print(name, "missed", dict(by_line(truth) - by_line(shown)))


if __name__ == "__main__":
    sys.exit(main())
