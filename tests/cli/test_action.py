"""The GitHub Action: its script with the installed program, and that it and action.yml agree."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.commands import FIXTURES, LEAK, LEAKY, PLAIN, PROGRAM

ROOT = Path(__file__).parents[2]
ACTION = (ROOT / "action.yml").read_text()
SCRIPT = ROOT / "scripts" / "action.sh"


def act(tmp_path, **inputs) -> tuple[subprocess.CompletedProcess, dict[str, str]]:
    """The script as a job runs it; what it writes beside its output, by name."""
    written = {name: tmp_path / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    env = {f"INPUT_{name}": str(value) for name, value in inputs.items()} | {k: str(v) for k, v in written.items()}
    env |= {"GOLEAK_LSP": str(PROGRAM), "INPUT_PYTHON": sys.executable, "GITHUB_WORKSPACE": str(ROOT)}
    done = subprocess.run(
        ["bash", SCRIPT], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=60
    )
    return done, {name: path.read_text() for name, path in written.items() if path.exists()}


def test_a_leak_fails_the_job_and_is_annotated(tmp_path):
    done, written = act(tmp_path, SOURCES=f"\n{LEAK}\r\n  \n{PLAIN}\n", ROOT=LEAKY, SARIF=tmp_path / "log")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::warning file=fixtures/leaky/main.go,line=")
    assert written["GITHUB_OUTPUT"] == "findings=1\n"
    assert "    main.go:" in written["GITHUB_STEP_SUMMARY"]
    assert '"uri": "fixtures/leaky/main.go"' in (tmp_path / "log").read_text()


def test_options_reach_check(tmp_path):
    (tmp_path / "a b.toml").write_text('[severity]\nleaked = "error"\n')
    done, _ = act(tmp_path, SOURCES=LEAK, ROOT=LEAKY, CONFIG=f"{tmp_path}/a b.toml", FAIL_ON="never")
    assert (done.returncode, done.stdout[:8]) == (0, "::error ")
    base = FIXTURES / "leaky" / "profiles" / "go1.27-base.pb.gz"
    (tmp_path / "known").write_text("")
    done, _ = act(tmp_path, SOURCES=PLAIN, ROOT=LEAKY, BASE=base, ACCEPTED=tmp_path / "known", HEADERS="X-A: b")
    assert done.returncode == 1, done.stderr


def test_what_cannot_be_read_fails_the_job(tmp_path):
    done, written = act(tmp_path, SOURCES="--help\nnone.pb.gz", ROOT=LEAKY)
    assert done.returncode == 2
    assert "none.pb.gz does not exist" in done.stdout
    assert written["GITHUB_OUTPUT"] == "findings=0\n"


def test_inputs_are_never_part_of_a_script():
    steps = ACTION.split("runs:")[1]
    for line in steps.splitlines():
        if "${{" in line:
            assert re.match(r"\s+INPUT_[A-Z_]+: \$\{\{ inputs\.[a-z-]+ \}\}$", line), line


def test_every_input_reaches_the_script_under_its_name():
    declared = re.findall(r"^  ([a-z-]+):\n    description:", ACTION.split("outputs:")[0], flags=re.MULTILINE)
    passed = dict(re.findall(r"INPUT_([A-Z_]+): \$\{\{ inputs\.([a-z-]+) \}\}", ACTION))
    assert sorted(passed.values()) == sorted(declared)
    assert all(name.lower().replace("_", "-") == value for name, value in passed.items())
    assert set(re.findall(r"INPUT_([A-Z_]+)", SCRIPT.read_text())) == set(passed)


@pytest.mark.parametrize("file", ["examples/github-workflow.yml", "goleak_lsp/docs/gate.md"])
def test_examples_use_inputs_that_exist(file):
    text = (ROOT / file).read_text()
    step = re.split(r"\n *- |```", text.split("uses: OWNER/goleak-lsp@v0\n")[1])[0]
    used = re.findall(r"^ +([a-z-]+):", step.split("with:\n")[1], flags=re.MULTILINE)
    declared = re.findall(r"^  ([a-z-]+):$", ACTION, flags=re.MULTILINE)
    assert "sources" in used and set(used) <= set(declared)
