"""A leak test in each style, run with the newest Go: as the program is, and with its fix."""

import shutil

import pytest
from proof.harness import Proof, applied, programs, where
from proof.leaktests import NOT_CALLED

from goleak_lsp.fixes.registry import place_of
from goleak_lsp.leaktest.offer import leak_test
from goleak_lsp.placing.files import SourceTree

STYLES = {
    "stacks": "go 1.24",
    "synctest": "go 1.25",
    "goroutineleak": "go 1.27",
    "goleak": "go 1.25\n\nrequire go.uber.org/goleak v1.3.0",
}
LOCK, CHANNEL = "ledger", "pumps"
CASES = [("stacks", CHANNEL), ("synctest", CHANNEL), ("goroutineleak", LOCK), ("goleak", CHANNEL), ("goleak", LOCK)]
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def proof(tmp_path_factory) -> Proof:
    proof = Proof(tmp_path_factory.mktemp("styles"), [p for p in programs() if p.name in (LOCK, CHANNEL)])
    proof.prove()
    return proof


@pytest.mark.parametrize(("style", "name"), CASES, ids=[f"{style}-{name}" for style, name in CASES])
def test_a_test_of_each_style_fails_before_the_fix_and_passes_after_it(proof, style, name):
    (proof.root / "go.mod").write_text(f"module proof\n\n{STYLES[style]}\n")
    for folder in ("t", "u"):
        shutil.rmtree(proof.root / folder, ignore_errors=True)
    trial = next(t for t in proof.trials if t.program.name == name and t.preferred)
    tree = SourceTree(proof.root / "p" / name)
    path, (at, _) = place_of(trial.finding)
    test = leak_test(trial.finding, tree.read(path), at, tree, tree.read, proof.findings[name], NOT_CALLED)
    assert test.style == style
    addition = {test.path.name: test.text.encode()}
    proof.write(f"t/{name}", trial.program.files | addition)
    proof.write(f"u/{name}", applied(trial.program, trial.offer) | addition)
    before, after = (proof.go("test", "-mod=mod", f"./{folder}/{name}") for folder in ("t", "u"))
    assert before.startswith("--- FAIL: ")
    assert f"{name}.{test.place.function}" in before or f"in {test.place.function} (" in before
    assert where(trial.finding)[0] in before
    assert after.startswith("ok")
