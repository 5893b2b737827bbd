"""Runs the leak test of every finding as the program is, and with the fix that ends the leak."""

from __future__ import annotations

from dataclasses import dataclass, field

from proof.harness import Proof, Trial, applied, where

from goleak_lsp.fixes.registry import place_of
from goleak_lsp.leaktest.offer import LeakTest, Refused, leak_test
from goleak_lsp.placing.files import SourceTree

NOT_CALLED = ("Run", "main", "init")
"""``Run`` is what ``main`` is in a program: its load is not what a test calls."""

_SAYS = ("stay blocked in", "blocked goroutines remain", "are leaked in")


@dataclass
class Tried:
    """One leak test and what came of it; ``after`` is None where no offered fix ends the leak."""

    name: str
    test: LeakTest
    place: str
    fix: Trial | None
    before: str = ""
    after: str | None = None
    told: str = ""

    @property
    def good(self) -> bool:
        """Whether it fails because of the leak, and passes once that is fixed."""
        names_it = f"{self.place}(" in self.told or f"in {self.place} " in self.told
        fails = self.before == "FAIL" and names_it and any(words in self.told for words in _SAYS)
        return fails and self.after in (None, "ok")


@dataclass
class LeakTests:
    """The leak tests of a proof that was made; ``refused`` are findings without one, and why."""

    proof: Proof
    tried: list[Tried] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    ugly: str = ""

    def run(self) -> None:
        """Writes and runs all tests, twice."""
        for program in self.proof.chosen:
            if program.leaks:
                self._offer(program)
        if not self.tried:
            return
        self.ugly = "".join(f for f in self.proof.unformatted("t") if f.endswith("_leak_test.go"))
        before, after = self._go_test("t"), self._go_test("u")
        for tried in self.tried:
            tried.before, tried.told = before.get(f"proof/t/{tried.name}", ("not run", ""))
            tried.after = after.get(f"proof/u/{tried.name}", ("not run", ""))[0] if tried.fix else None

    def _offer(self, program) -> None:
        tree = SourceTree(self.proof.root / "p" / program.name)
        findings = self.proof.findings[program.name]
        for finding in findings:
            path, (at, _) = place_of(finding)
            name = f"{program.name}_{where(finding)[1]}"
            if name in self.refused or name in {tried.name for tried in self.tried}:
                # Goroutines of one place may be proved in part.
                continue
            test = leak_test(finding, tree.read(path), at, tree, tree.read, findings, NOT_CALLED)
            if isinstance(test, Refused):
                self.refused[name] = test.reason
                continue
            mine = [t for t in self.proof.trials if t.finding is finding and t.empties and not t.broken]
            fix = next((t for t in mine if t.preferred), next(iter(mine), None))
            addition = {test.path.name: test.text.encode()}
            self.proof.write(f"t/{name}", program.files | addition)
            if fix is not None:
                self.proof.write(f"u/{name}", applied(program, fix.offer) | addition)
            self.tried.append(Tried(name, test, test.place.function, fix))

    def _go_test(self, folder: str) -> dict[str, tuple[str, str]]:
        """``ok`` or ``FAIL`` by package, and what it said; a test that does not build is ``broken``."""
        if not (self.proof.root / folder).is_dir():
            return {}
        found, said = {}, []
        for line in self.proof.go("test", "-p=2", "-timeout=30s", f"./{folder}/...").splitlines():
            word, *rest = line.split("\t")
            if word.strip() in ("ok", "FAIL") and rest:
                package = rest[0].split()[0]
                found[package] = ("broken" if "failed]" in line else word.strip(), "\n".join(said))
                said = []
            else:
                said.append(line)
        return found

    def table(self) -> str:
        """One line: programs that leak, those with a leak test, tests, and those that are right."""
        leaking = [p.name for p in self.proof.chosen if p.leaks]
        offered = {tried.name.rpartition("_")[0] for tried in self.tried}
        fixed = [tried for tried in self.tried if tried.fix]
        styles = {style: sum(t.test.style == style for t in self.tried) for style in {t.test.style for t in self.tried}}
        return (
            f"leak tests: {len(offered)} of {len(leaking)} programs that leak have one; {len(self.tried)} tests "
            f"({', '.join(f'{n} {style}' for style, n in sorted(styles.items()))}), "
            f"{sum(t.before == 'FAIL' for t in self.tried)} fail before the fix, "
            f"{sum(t.after == 'ok' for t in fixed)} of {len(fixed)} with a fix pass after it"
        )
