"""Runs small Go programs, offers fixes for what leaks in them, applies each and runs it again.

All programs are packages of one module and share one binary, so that a whole table costs a
few links. A program is a folder of `programs` with `func Run()`: it brings its own load,
prints what it computed, and returns. Trailing comments that begin with `//@` say, in Python
call syntax, what must be seen on their line:

    out <- v //@leak("chan-send"), preferred("buffer-of-one"), nofix("done-case")

`leak(kind, evidence)` a finding, leaked or orphaned where no evidence is named;
`preferred(fix)` what is preferred; `cured(fix, …)` fixes that are offered and end the leak;
`nofix(fix, …)` fixes that are not offered; `unsafe(fix, …)` fixes that are not preferred;
`redesign()` no local edit of a person's would do.
A program without `leak` is healthy: every goroutine that it keeps is then taken for crowded,
and whatever is offered must leave its output alone.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from goleak_lsp.analysis.analyse import analyse
from goleak_lsp.analysis.findings import Finding
from goleak_lsp.fixes.model import Offer
from goleak_lsp.fixes.registry import offers
from goleak_lsp.placing.files import SourceTree
from goleak_lsp.profile.formats import decode
from goleak_lsp.profile.kinds import kind_of
from goleak_lsp.settings import Evidence
from goleak_lsp.text import Edit, apply_edits

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
TOOLCHAIN = "go1.27.3"
ROUNDS = 3
PATIENCE, MUCH_PATIENCE = "150ms", "10s"
"""How long the number of goroutines must stay the same for a program to have come to rest."""
LEAK_LIMITS = Evidence(growing=1)
HEALTHY_LIMITS = Evidence(crowded=1)
_MARK = re.compile(rb"[ \t]*//@(.*)$", re.MULTILINE)
_WAIT = re.compile(r"\b5 \* (\w+)\.Second\b")
_SECONDS = 60


@dataclass(frozen=True)
class Program:
    """One program's files without their marks, and the marks by (file, line)."""

    name: str
    files: dict[str, bytes]
    marks: dict[tuple[str, int], list[tuple[str, tuple]]]
    foreign: bool = False
    """Whether it is somebody else's, without marks and with an output that is never the same."""

    @classmethod
    def read(cls, folder: Path) -> Program:
        files, marks = {}, {}
        for path in sorted(folder.glob("*.go")):
            data = path.read_bytes()
            for number, line in enumerate(data.split(b"\n"), 1):
                if mark := _MARK.search(line):
                    marks[path.name, number] = _calls(mark[1].decode())
            files[path.name] = _MARK.sub(b"", data)
        return cls(folder.name, files, marks)

    def expected(self, verb: str) -> dict[tuple[str, int], tuple]:
        """Places that bear the verb, with its arguments."""
        return {at: args for at, calls in self.marks.items() for name, args in calls if name == verb}

    @property
    def leaks(self) -> bool:
        return self.foreign or bool(self.expected("leak"))


def _calls(text: str) -> list[tuple[str, tuple]]:
    tree = ast.parse(f"({text},)", mode="eval").body
    return [(call.func.id, tuple(ast.literal_eval(a) for a in call.args)) for call in tree.elts]


def programs() -> list[Program]:
    """All programs in order of their names."""
    return [Program.read(folder) for folder in sorted(PROGRAMS.iterdir()) if folder.is_dir()]


@dataclass
class Outcome:
    """What one run showed."""

    status: int
    output: str
    errors: str
    left: int
    busy: float
    profiles: tuple | None

    @property
    def ended(self) -> bool:
        return self.status == 0


@dataclass
class Trial:
    """One offered fix of one finding, applied and run."""

    program: Program
    finding: Finding
    offer: Offer
    preferred: bool
    folder: str
    place: tuple[str, int]
    compiles: bool = True
    complaints: list[str] = field(default_factory=list)
    run: Outcome | None = None
    raced: Outcome | None = None
    cures: bool = False
    empties: bool = False
    """Whether the goroutines are gone, and do not merely wait where they were busy."""
    works: bool = False
    """Whether it breaks nothing, and all are gone who waited for this goroutine or it for them."""
    broken: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.program.name}:{self.place[1]} {self.offer.fix}"


class Proof:
    """A module with all programs and, after ``prove``, with every fix applied to a copy."""

    def __init__(self, root: Path, chosen: list[Program], rounds: int = ROUNDS) -> None:
        self.root, self.chosen, self.rounds = root, chosen, rounds
        self.trials: list[Trial] = []
        self.findings: dict[str, list[Finding]] = {}
        self.baselines: dict[str, Outcome] = {}
        self.raced: dict[str, bool] = {}

    def prove(self) -> None:
        """Runs everything; afterwards ``trials`` and ``findings`` are filled."""
        (self.root / "go.mod").write_text("module proof\n\ngo 1.25\n")
        for program in self.chosen:
            self.write(f"p/{program.name}", program.files)
        self.written()
        runner = self._build("base", [f"p/{p.name}" for p in self.chosen])
        self.baselines = dict(zip([p.name for p in self.chosen], self._run_all(runner, "p", self.chosen), strict=True))
        for program in self.chosen:
            self._offer(program)
        self._compile()
        built = [t for t in self.trials if t.compiles]
        folders, as_they_were = [t.folder for t in built], [f"p/{p.name}" for p in self.chosen]
        plain, raced = self._build("fixed", folders), self._build("raced", [*as_they_were, *folders], "-race")
        for program, outcome in zip(self.chosen, self._run_all(raced, "p", self.chosen), strict=True):
            self.raced[program.name] = outcome.ended
        for trial, outcome in zip(built, self._run_all(plain, "", built), strict=True):
            trial.run = outcome
            if trial.program.foreign and outcome.ended and not self._is_emptied(trial):
                # What was freed may have much to do yet, on a busy machine.
                trial.run = outcome if self._jams(trial) else self._run(plain, trial.folder, MUCH_PATIENCE)
        for trial, outcome in zip(built, self._run_all(raced, "", built), strict=True):
            trial.raced = outcome
        for trial in built:
            self._judge(trial)

    def written(self) -> None:
        """Called when the programs are there as they were."""

    def write(self, folder: str, files: dict[str, bytes]) -> None:
        """Writes the files of one package."""
        (self.root / folder).mkdir(parents=True)
        for name, data in files.items():
            (self.root / folder / name).write_bytes(data)

    def _build(self, name: str, folders: list[str], *flags: str) -> Path:
        imports = "\n".join(f'\tp{i} "proof/{folder}"' for i, folder in enumerate(folders))
        entries = "\n".join(f'\t"{folder}": p{i}.Run,' for i, folder in enumerate(folders))
        source = (HERE / "runner.go.txt").read_text().replace("//IMPORTS", imports).replace("//ENTRIES", entries)
        self.write(f"cmd/{name}", {"main.go": source.encode()})
        target = self.root / "bin" / name
        done = self.go("build", "-p=1", *flags, "-o", str(target), f"./cmd/{name}")
        assert not done, done
        return target

    def go(self, *command: str, folder: str = "") -> str:
        """What a go command says in a folder below the root; empty where it is content."""
        environment = os.environ | {"GOTOOLCHAIN": TOOLCHAIN, "GOFLAGS": "", "GOWORK": "off"}
        done = subprocess.run(
            ["nice", "go", *command] if os.name == "posix" else ["go", *command],
            cwd=self.root / folder, capture_output=True, text=True, env=environment, timeout=600, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    def _run_all(self, runner: Path, prefix: str, items: list) -> list[Outcome]:
        names = [f"{prefix}/{i.name}" if prefix else i.folder for i in items]
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(lambda name: self._run(runner, name), names))

    def _run(self, runner: Path, name: str, patience: str = PATIENCE) -> Outcome:
        out = self.root / "out" / runner.name / name / patience
        out.mkdir(parents=True)
        command = [str(runner), name, str(self.rounds), str(out), patience]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return Outcome(-1, "", f"still running after {_SECONDS} s", 0, 0.0, None)
        if done.returncode:
            return Outcome(done.returncode, done.stdout, done.stderr, 0, 0.0, None)
        left, busy = (out / "left").read_text().split()
        profiles = tuple(
            decode((out / f"{kind}.pb.gz").read_bytes())[0][-1] for kind in ("before", "goroutine", "goroutineleak")
        )
        return Outcome(0, done.stdout, done.stderr, int(left), float(busy), profiles)

    def _find(self, program: Program, outcome: Outcome) -> list[Finding]:
        before, after, leaked = outcome.profiles
        tree = SourceTree(self.root / "p" / program.name)
        if program.leaks:
            return analyse([("p", leaked), ("p", after)], [("p", before)], tree, LEAK_LIMITS)
        return analyse([("p", after)], [], tree, HEALTHY_LIMITS)

    def _offer(self, program: Program) -> None:
        outcome = self.baselines[program.name]
        assert outcome.ended, f"{program.name}: {outcome.errors}"
        tree = SourceTree(self.root / "p" / program.name)
        findings = [f for f in self._find(program, outcome) if where(f) is not None]
        self.findings[program.name] = findings
        for finding in findings:
            offered = offers(finding, tree)
            place = where(finding)
            for number, offer in enumerate(offered):
                folder = f"v/{program.name}_{len(self.trials)}"
                self.write(folder, applied(program, offer))
                preferred = offer.safe and not any(o.safe for o in offered[:number])
                self.trials.append(Trial(program, finding, offer, preferred, folder, place))

    def _compile(self) -> None:
        if not self.trials:
            return
        before = _by_package(self.go("vet", "-p=1", "./p/..."))
        after = _by_package(self.go("vet", "-p=1", "./v/..."))
        unformatted = self.unformatted("v")
        were = {Path(f).parent.name for f in self.unformatted("p")}
        built = _by_package(self.go("build", "-p=1", "-gcflags=-e", "./v/..."))
        for trial in self.trials:
            trial.compiles = f"proof/{trial.folder}" not in built
            trial.complaints = built.get(f"proof/{trial.folder}", [])
            said = before.get(f"proof/p/{trial.program.name}", [])
            # A message that was there before may stand on another line now.
            new = [m for m in after.get(f"proof/{trial.folder}", []) if _what(m) not in map(_what, said)]
            ugly = [f for f in unformatted if Path(f).parent.as_posix() == trial.folder]
            trial.complaints += new + ([] if trial.program.name in were else ugly)

    def unformatted(self, folder: str) -> list[str]:
        """The files below ``folder`` that gofmt would change."""
        command = ["gofmt", "-l", folder]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False).stdout.splitlines()

    def _judge(self, trial: Trial) -> None:
        base, run, raced = self.baselines[trial.program.name], trial.run, trial.raced
        for outcome, what in ((run, "run"), (raced, "race run")):
            if not outcome.ended and (outcome is run or self.raced[trial.program.name]):
                trial.broken.append(f"{what}: {outcome.errors.strip()[:2000]}")
            elif outcome.ended and not trial.program.foreign and outcome.output != base.output:
                trial.broken.append(f"{what}: prints {outcome.output!r} for {base.output!r}"[:400])
            elif outcome.busy > 0.5 and base.busy < 0.5 and not (trial.program.foreign and outcome is raced):
                trial.broken.append(f"{what}: spins")
            elif outcome.left > base.left and not trial.program.foreign:
                trial.broken.append(f"{what}: leaves {outcome.left} goroutines for {base.left}")
        gone = base.left - trial.finding.count
        # What races before any edit is judged by the plain run, if it is not for us to put right.
        excused = trial.program.foreign and not self.raced[trial.program.name]
        runs = [run] if excused else [run, raced]
        trial.empties = all(o.ended and o.left <= gone for o in runs)
        if trial.program.foreign:
            # Slowed down they are at work for long, and have further bugs than the one in question.
            trial.cures = all(o.ended and not proved(o, trial, trial.finding) for o in runs)
        elif (operation := trial.finding.placement.operation) is not None and operation.has_default:
            # What spins is cured by waiting; on a busy machine it gets little time to spin.
            trial.cures = all(o.ended and o.busy < max(0.02, base.busy / 4) for o in runs)
        else:
            trial.cures = trial.empties
        trial.works = trial.cures and not trial.broken
        if trial.works and trial.program.foreign:
            # One bug keeps goroutines waiting at several places; a fix that frees those of one only does not work.
            trial.works = self._is_emptied(trial) and not self._jams(trial, *runs)

    def _jams(self, trial: Trial, *runs: Outcome) -> bool:
        """Whether any of those who waited for each other are proved to do so still."""
        jam = [f for f in self.findings[trial.program.name] if f.evidence == "leaked"]
        return any(proved(outcome, trial, f) for outcome in runs or [trial.run] for f in jam)

    def _is_emptied(self, trial: Trial) -> bool:
        """Whether most are gone; the others may have a further bug."""
        return trial.run.left <= self.baselines[trial.program.name].left / 2

    def table(self) -> str:
        """Offered, compiles, cures, breaks by fix; preferred ones apart."""
        columns = ("offered", "compiles", "cures", "breaks", "preferred", "cures", "breaks")
        rows = [f"{'fix':<18}" + "".join(f"{c:>10}" for c in columns)]
        for fix in sorted({t.offer.fix for t in self.trials}):
            mine = [t for t in self.trials if t.offer.fix == fix]
            best = [t for t in mine if t.preferred]
            numbers = (
                len(mine), sum(t.compiles for t in mine), sum(t.cures for t in mine), sum(bool(t.broken) for t in mine),
                len(best), sum(t.cures for t in best), sum(bool(t.broken) for t in best),
            )  # fmt: skip
            rows.append(f"{fix:<18}" + "".join(f"{n:>10}" for n in numbers))
        quiet = [p for p in self.chosen if p.leaks and not self.findings[p.name]]
        leaking = [p for p in self.chosen if p.leaks and p not in quiet]
        local = [p for p in leaking if not p.expected("redesign")]
        cured = self.cured()
        rows.append(
            f"{len(leaking)} programs that leak, {len(self.chosen) - len(leaking) - len(quiet)} that do not; of "
            f"{len(local)} leaks with a local cure {sum(p.name in cured for p in local)} have a fix that works"
            + (f"; {', '.join(p.name for p in quiet)} did not leak this time" if quiet else "")
        )
        return "\n".join(rows)

    def cured(self) -> set[str]:
        """The programs that a fix rids of their leak."""
        return {t.program.name for t in self.trials if t.works}


def proved(outcome: Outcome, trial: Trial, finding: Finding) -> int:
    """Goroutines that are proved to leak in the way and the function that a finding of the program speaks of."""
    name, count = finding.placement.anchor.function, 0
    for sample in outcome.profiles[2].samples:
        inner = next((f for f in sample.stack if trial.folder in f.file), None)
        if inner is not None and inner.function.endswith(f".{name}") and kind_of(sample) == finding.kind:
            count += sample.count
    return count


def where(finding: Finding) -> tuple[str, int] | None:
    """The file's name and the line of a finding, or of its likely cause."""
    at = finding.placement if finding.placement.path else finding.cause
    return (at.path.name, at.line) if at else None


def applied(program: Program, offer: Offer) -> dict[str, bytes]:
    """The program's files with the offer's edits."""
    return program.files | {path.name: edited(program.files[path.name], edits) for path, edits in offer.changes}


def edited(data: bytes, edits: tuple[Edit, ...]) -> bytes:
    """A file as an editor would leave it; new time limits are shortened, for they are guesses."""
    return apply_edits(data, [Edit(e.start, e.end, _WAIT.sub(r"50 * \1.Millisecond", e.text)) for e in edits])


def _by_package(output: str) -> dict[str, list[str]]:
    """The lines of go's complaints by the package that they are about."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in output.splitlines():
        if line.startswith("# "):
            current = found.setdefault(line[2:].strip("[]").split(" ")[0], [])
        elif not line.startswith("go: "):
            current.append(line)
    return found


def _what(message: str) -> str:
    return re.sub(r"^(vet: )?\S+?:\d+(:\d+)?: ", "", message)


def fresh(root: Path) -> Path:
    """``root``, empty."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    return root
