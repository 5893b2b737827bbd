"""`explain` and the pages that it shows: all there, about what there is, and as the code says."""

import importlib.util
import re
from importlib.resources import files
from pathlib import Path

import pytest
from support.commands import run

from goleak_lsp.analysis.findings import STRENGTH
from goleak_lsp.cli import explain
from goleak_lsp.cli.main import COMMANDS
from goleak_lsp.features.words import WAITS
from goleak_lsp.fixes.catalogue import FIXES
from goleak_lsp.golang.syntax import GoFile

PAGES = sorted((Path(str(files("goleak_lsp"))) / "docs").rglob("*.md"), key=lambda path: path.name)
FIX_NAMES = set(FIXES)


def test_every_kind_fix_word_and_topic_has_a_page():
    assert explain.kinds() == sorted(WAITS)
    assert set(explain.fixes()) == FIX_NAMES
    for name in (*WAITS, *FIX_NAMES, *STRENGTH, *explain.TOPICS):
        assert explain.page(name).startswith("# "), name
    assert {path.stem for path in PAGES} == {*WAITS, *explain.TOPICS}


def test_a_page_begins_with_its_name():
    for name in (*WAITS, *FIX_NAMES, *explain.TOPICS):
        assert explain.page(name).startswith(f"# {name}: ")
    assert all(f"**{word}**" in explain.page("evidence") for word in STRENGTH)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_pages_name_fixes_that_exist_and_hold_no_links(page):
    text = page.read_text("utf-8")
    for named in re.findall(r"\bfix(?:es)?\b((?: `[a-z-]+`(?:,| and| or)?)+)", text):
        assert set(re.findall(r"`([a-z-]+)`", named)) <= FIX_NAMES
    assert "](" not in text and "<" not in re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    assert max(map(len, re.sub(r"^[-|].*$", "", text, flags=re.MULTILINE).splitlines())) <= 100


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_examples_are_go(page):
    for example in re.findall(r"```go\n(.*?)```", page.read_text("utf-8"), flags=re.DOTALL):
        assert not GoFile.parse(f"package p\n\nfunc f() {{\n{example}}}\n".encode()).has_errors, example


def test_explain_prints_pages_and_lists_them():
    assert run("explain", "chan-send").stdout.startswith("# chan-send")
    assert run("explain", "LEAKED").stdout.startswith("# evidence")
    listed = run("explain").stdout
    assert all(f"`{name}`" in listed for name in (*WAITS, *FIX_NAMES, *explain.TOPICS))
    done = run("explain", "chan-sent\x1b")
    assert done.returncode == 2 and "did you mean chan-send?" in done.stderr


def test_the_reference_is_as_the_code_says():
    path = Path(__file__).parents[2] / "scripts" / "reference.py"
    spec = importlib.util.spec_from_file_location("reference", path)
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    for name, make in reference.PAGES.items():
        assert (reference.DOCS / name).read_text("utf-8") == make(), f"{name} is behind: run scripts/reference.py"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_by_example(command):
    text = run(command, "--help").stdout
    assert f"usage: goleak-lsp {command}" in text
    assert f"goleak-lsp {command}" in text.split("options:")[0].split("\n\n", 1)[1] or command == "demo"
