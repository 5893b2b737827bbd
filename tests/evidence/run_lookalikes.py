"""Healthy programs that look as if they leaked: one snapshot of each, in every form; nothing may be said.

    python tests/evidence/run_lookalikes.py [--toolchain go1.27.3] [--keep FOLDER] [--save] [NAME…]

Builds `tests/evidence/lookalikes` and lets each program take its profiles. A program that leaves a goroutine
behind is an error of its own: these must be healthy. `--save` keeps the profiles beside the programs, where
the tests read them.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.formats import decode
from goleak_lsp.settings import Evidence

HERE = Path(__file__).parent / "lookalikes"
SAVED = HERE / "profiles.zip"
FORMS = ("goroutine.pb.gz", "goroutine.debug1.txt", "goroutine.debug2.txt")
_PROGRAM = re.compile(r'\bprogram\("([^"]+)"')


def names() -> list[str]:
    """The programs, as the source registers them."""
    return [name for source in sorted(HERE.glob("*.go")) for name in _PROGRAM.findall(source.read_text())]


def alarms(profile: bytes) -> list[str]:
    """What is said about one profile, numbers without a verdict left out."""
    profiles = decode(profile)[0]
    found = analyse([("p", p) for p in profiles], [], SourceTree(HERE), Evidence())
    return [
        f"{f.evidence} {f.kind} {f.count} at {f.placement.path and f.placement.path.name}:{f.placement.line}"
        for f in found
        if f.evidence != "crowded"
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toolchain", default="go1.27.3")
    parser.add_argument("--keep", help="a folder for the program and the profiles")
    parser.add_argument("--save", action="store_true", help="keep the profiles for the tests")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    environment = {**os.environ, "GOTOOLCHAIN": options.toolchain}
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(options.keep or scratch)
        target.mkdir(parents=True, exist_ok=True)
        binary = target / "lookalikes"
        subprocess.run(["go", "build", "-trimpath", "-o", binary, "."], cwd=HERE, env=environment, check=True)
        programs = options.names or names()
        status = measure(binary, target, programs)
        if options.save:
            save(target, programs)
        return status


def save(target: Path, programs: list[str]) -> None:
    with zipfile.ZipFile(SAVED, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in programs:
            for form in FORMS:
                entry = zipfile.ZipInfo(f"{name}/{form}")
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, (target / name.replace(" ", "_") / form).read_bytes())


def measure(binary: Path, target: Path, programs: list[str]) -> int:
    judged, wrong = 0, 0
    for name in programs:
        out = target / name.replace(" ", "_")
        out.mkdir(exist_ok=True)
        done = subprocess.run([binary, name, out], timeout=60, capture_output=True, text=True)
        if done.returncode:
            print(f"{name}: not healthy itself, status {done.returncode}\n{done.stderr[:2000]}")
            wrong += 1
        for form in FORMS:
            judged += 1
            for text in alarms((out / form).read_bytes()):
                wrong += 1
                print(f"{name}, {form}: {text}")
    print(f"healthy programs that look like leaks: {len(programs)}; profiles judged: {judged}; alarms: {wrong}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
