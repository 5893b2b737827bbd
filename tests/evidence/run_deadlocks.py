"""Deadlocks that the runtime cannot prove, and healthy programs that look like them.

    python tests/evidence/run_deadlocks.py [--toolchain go1.27.3] [--runs N] [--keep FOLDER] [NAME…]

Builds the programs of `tests/evidence/deadlocks`, lets each write its profiles, and checks them:
in `dead_…` every line marked `//@deadlock` must be named, and nothing else; in `live_…` nothing.
`--save` keeps the profiles beside the programs, where the tests read them.
Binary profiles are read without the leak profile, so that nothing but the source speaks.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.formats import decode
from goleak_lsp.settings import Evidence

HERE = Path(__file__).parent / "deadlocks"
SAVED = HERE / "profiles"
FORMS = ("goroutine.pb.gz", "goroutine.debug2.txt")


def marked(source: Path) -> set[int]:
    return {i for i, line in enumerate(source.read_text().split("\n"), 1) if line.endswith("//@deadlock")}


def findings_of(profile: Path) -> list:
    """What is said about one profile, its programs' sources as they are now."""
    data = profile.read_bytes()
    profiles = decode(gzip.decompress(data) if profile.name.endswith(".txt.gz") else data)[0]
    return analyse([("p", p) for p in profiles], [], SourceTree(HERE), Evidence())


def judge(name: str, profile: Path) -> tuple[set[int], set[int], list[str]]:
    """Marked lines, lines that were named, and alarms elsewhere."""
    source = HERE / name / "main.go"
    wanted = marked(source)
    named, alarms = set(), []
    for finding in findings_of(profile):
        placement = finding.placement
        if finding.evidence == "deadlock" and placement.path == source.resolve() and placement.line in wanted:
            named.add(placement.line)
        elif finding.evidence != "crowded":
            alarms.append(f"{finding.evidence} {finding.kind} at line {placement.line}, {finding.count}")
    return wanted, named, alarms


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toolchain", default="go1.27.3")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--keep", help="a folder for the profiles")
    parser.add_argument("--save", action="store_true", help="keep the profiles for the tests")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(options.keep or scratch)
        environment = {**os.environ, "GOTOOLCHAIN": options.toolchain}
        target.mkdir(parents=True, exist_ok=True)
        build = ["go", "build", "-trimpath", "-o", f"{target}/bin/", "./..."]
        subprocess.run(build, cwd=HERE, env=environment, check=True)
        return measure(target, options)


def save(name: str, out: Path) -> None:
    SAVED.mkdir(exist_ok=True)
    (SAVED / f"{name}.pb.gz").write_bytes((out / FORMS[0]).read_bytes())
    (SAVED / f"{name}.debug2.txt.gz").write_bytes(gzip.compress((out / FORMS[1]).read_bytes(), mtime=0))


def measure(target: Path, options) -> int:
    found, dead, alarms, live = 0, 0, 0, 0
    for folder in sorted(HERE.glob("*_*")):
        if options.names and folder.name not in options.names:
            continue
        for _ in range(options.runs):
            out = target / folder.name
            out.mkdir(exist_ok=True)
            subprocess.run([target / "bin" / folder.name, out], timeout=30, capture_output=True)
            if options.save:
                save(folder.name, out)
            for form in FORMS:
                wanted, named, other = judge(folder.name, out / form)
                good = named == wanted and not other
                dead, found = dead + bool(wanted), found + bool(wanted and named == wanted)
                live, alarms = live + (not wanted), alarms + bool(other)
                if not good:
                    print(f"{folder.name} {form}: missing {sorted(wanted - named)}, alarms {other}")
    print(f"deadlocks found: {found} of {dead} profiles; alarms elsewhere: {alarms}; healthy profiles: {live}")
    return int(alarms > 0 or found < 0.9 * dead)


if __name__ == "__main__":
    sys.exit(main())
