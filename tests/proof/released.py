"""Real leaks of public libraries, the fix that a person released beside ours.

`libraries/NAME` holds what a user did, `go.mod` with the release that leaks, and `fixed/go.mod`
with the one that does not; `fixed/drive.go` is there only where its users had to change too.
The leaking release is copied from the module cache, and each offered fix is written to the copy.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from proof.harness import HERE, LEAK_LIMITS, Outcome, Proof, Trial, edited, where

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.analysis.findings import Finding
from goleak_lsp.fixes.registry import offers
from goleak_lsp.placing.files import SourceTree

FOLDER = HERE / "libraries"
_REQUIRED = re.compile(r"^require (\S+) (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Library:
    """A library's leak: where it stands, which fixes end it, and what the person changed.

    ``local`` says whether the person's fix stays within the function; ``change`` what it is.
    ``cured`` are fixes of ours that end the leak, the ``preferred`` one apart.
    """

    name: str
    line: str
    change: str
    cured: tuple[str, ...] = ()
    preferred: str = ""
    local: bool = True
    foreign: bool = False
    leaks: bool = True

    def expected(self, verb: str) -> bool:
        """Whether the mark stands for the whole library, as `redesign` does."""
        return verb == "redesign" and not self.local

    def stands_on(self, data: bytes, number: int) -> bool:
        """Whether the leak is on that line of its file."""
        return self.line.encode() in data.split(b"\n")[number - 1]

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    def required(self, folder: str = "") -> tuple[str, str]:
        """The module and the release that leaks, or with ``fixed`` the one that does not."""
        return _REQUIRED.search((self.folder / folder / "go.mod").read_text()).groups()


class Released(Proof):
    """Every library with every fix applied to a copy of its leaking release."""

    def __init__(self, root: Path, chosen: list[Library]) -> None:
        super().__init__(root, chosen)
        self.people: dict[str, Outcome] = {}

    def prove(self) -> None:
        for library in self.chosen:
            self._prove(library)

    def _prove(self, library: Library) -> None:
        name, source = library.name, self._prepare(library)
        self.baselines[name] = self._result(library, "base")
        assert self.baselines[name].ended, self.baselines[name].errors
        self.findings[name] = self._find(library, self.baselines[name])
        tree = SourceTree(source)
        for finding in self.findings[name]:
            offered = offers(finding, tree)
            for number, offer in enumerate(offered):
                preferred = offer.safe and not any(o.safe for o in offered[:number])
                trial = Trial(library, finding, offer, preferred, f"{name}-{len(self.trials)}", where(finding))
                self.trials.append(trial)
                self._try(trial)
        shutil.copy(library.folder / "fixed" / "go.mod", self.root / name)
        if (library.folder / "fixed" / "drive.go").exists():
            shutil.copy(library.folder / "fixed" / "drive.go", self.root / name / "drive")
        self.people[name] = self._result(library, "person")

    def _prepare(self, library: Library) -> Path:
        """A module with the driver and a copy of the leaking release, which is given back."""
        module, version = library.required()
        folder = self.root / library.name
        (folder / "drive").mkdir(parents=True)
        shutil.copy(library.folder / "drive.go", folder / "drive")
        for name in ("go.mod", "go.sum"):
            shutil.copy(library.folder / name, folder)
        told = json.loads(self.go("mod", "download", "-json", f"{module}@{version}", folder=library.name))
        source = folder / "source"
        shutil.copytree(told["Dir"], source, copy_function=shutil.copyfile)
        for below in (source, *(p for p in source.rglob("*") if p.is_dir())):
            below.chmod(0o755)
        if not (source / "go.mod").exists():
            # Releases of old have none.
            (source / "go.mod").write_text(f"module {module}\n")
        with (folder / "go.mod").open("a") as file:
            file.write(f"\nreplace {module} => ./source\n")
        return source

    def _find(self, library: Library, outcome: Outcome) -> list[Finding]:
        before, after, leaked = outcome.profiles
        tree = SourceTree(self.root / library.name / "source")
        found = analyse([("p", leaked), ("p", after)], [("p", before)], tree, LEAK_LIMITS)
        return [f for f in found if where(f) is not None]

    def _try(self, trial: Trial) -> None:
        folder = self.root / trial.program.name
        paths = [path for path, _ in trial.offer.changes]
        were = {path: path.read_bytes() for path in paths}
        module = trial.program.required()[0]
        inner = sorted({path.parent.relative_to(folder / "source").as_posix() for path in paths})
        packages = [module if name == "." else f"{module}/{name}" for name in inner]
        before = self._complaints(trial, packages)
        for path, edits in trial.offer.changes:
            path.write_bytes(edited(were[path], edits))
        trial.complaints = [c for c in self._complaints(trial, packages) if c not in before]
        built = self.go("build", *packages, folder=trial.program.name)
        trial.compiles = not built
        trial.complaints += built.splitlines()
        if trial.compiles:
            trial.run = self._result(trial.program, trial.folder)
            trial.raced = self._result(trial.program, f"{trial.folder}-raced", "-race")
        for path, data in were.items():
            path.write_bytes(data)
        if trial.compiles:
            if not trial.raced.ended and trial.program.name not in self.raced:
                self.raced[trial.program.name] = self._result(trial.program, "raced", "-race").ended
            self._judge(trial)

    def _complaints(self, trial: Trial, packages: list[str]) -> list[str]:
        """What vet and gofmt say, without lines."""
        said = self.go("vet", *packages, folder=trial.program.name).splitlines()
        ugly = self.unformatted(f"{trial.program.name}/source")
        # What is ugly already stays so.
        return [re.sub(r":\d+(:\d+)?:", ":", line) for line in [*said, *ugly]]

    def _result(self, library: Library, name: str, *flags: str) -> Outcome:
        """Builds the driver with the library as it stands, and runs it."""
        source = (HERE / "runner.go.txt").read_text()
        source = source.replace("//IMPORTS", '\t"proof/drive"').replace("//ENTRIES", '\t"drive": drive.Run,')
        folder = self.root / library.name
        (folder / "cmd").mkdir(exist_ok=True)
        (folder / "cmd" / "main.go").write_text(source)
        target = self.root / "bin" / f"{library.name}-{name}"
        said = self.go("build", *flags, "-o", str(target), "./cmd", folder=library.name)
        assert target.exists(), said
        return self._run(target, "drive")

    def libraries(self) -> str:
        """A line a library: what a person did, what we offer, and what came of it."""
        lines = []
        for library in self.chosen:
            (module, leaky), (other, fixed) = library.required(), library.required("fixed")
            mine = [t for t in self.trials if t.program is library]
            ours = ", ".join(t.offer.fix + ("*" if t.preferred else "") + _word(t) for t in mine)
            newer = fixed if other == module else f"{other} {fixed}"
            lines += [
                f"{module} {leaky}: {self.baselines[library.name].left} left",
                f"    person  {self.people[library.name].left} left in {newer}: {library.change}"
                + ("" if library.local else " (not local)"),
                f"    ours    {ours or 'nothing'}",
            ]
        return "\n".join(lines)


def _word(trial: Trial) -> str:
    if not trial.compiles:
        return " does not compile"
    return f" breaks ({trial.broken[0]})" if trial.broken else " cures" if trial.cures else " does not cure"
