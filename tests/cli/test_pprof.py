"""`top --by function` and `list` give the numbers of the real `go tool pprof` on every fixture."""

import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from support.commands import FIXTURES, run, total_of
from support.tools import environment

from goleak_lsp.cli.main import main

PROFILES = sorted(FIXTURES.glob("*/profiles/*.pb.gz"))
DEADLOCKS = sorted(Path(__file__).parents[1].glob("evidence/deadlocks/profiles/*.pb.gz"))
HIDE = r"^(runtime|internal/runtime)\."


def name(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.name}"


def kind(path: Path) -> bool:
    """Whether it is a leak profile, which pprof compares with none of another kind."""
    return "leak" in path.name


def pprof(*arguments) -> str:
    """The real tool's output; it is told to read no sources from elsewhere."""
    command = ["go", "tool", "pprof", "-symbolize=none", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(Path()), timeout=60)
    assert done.returncode == 0 or done.stderr.startswith("no matches found"), done.stderr
    return done.stdout


def rows(table: str) -> list[tuple]:
    """(function, flat, cum) of a table of pprof's or ours, in order."""
    found = []
    for line in table.split("cum%\n", 1)[1].splitlines():
        flat, _, _, cum, _, function = line.split(maxsplit=5)
        found.append((re.sub(r" \((partial-)?inline\)$", "", function), int(flat), int(cum)))
    return found


@pytest.fixture
def ours(capsys):
    """Runs a command in this process: a start for each of so many would take longer than the rest."""

    def of(*arguments) -> str:
        assert main(list(map(str, arguments))) in (0, 1)
        return capsys.readouterr().out

    return of


@pytest.mark.parametrize("profile", PROFILES + DEADLOCKS, ids=name)
def test_top_by_function(profile, ours):
    table = ours("top", "--by", "function", profile)
    theirs = pprof("-top", "-hide", HIDE, profile)
    assert rows(table) == rows(theirs)
    total = re.search(r"of (\d+) total", theirs)[1]
    assert f"of {total} goroutines" in table


BASES = [path for path in PROFILES if path.name == "go1.27-base.pb.gz"]


@pytest.mark.parametrize("base", BASES, ids=name)
def test_top_against_a_base(base, ours):
    after = base.with_name("go1.27-goroutine.pb.gz")
    for one, other in ((base, after), (after, base)):
        table = ours("top", "--by", "function", one, "--base", other)
        assert rows(table) == rows(pprof("-top", "-hide", HIDE, "-base", other, one))


NEIGHBOURS = [(a, b) for a, b in pairwise(PROFILES + DEADLOCKS) if a.parent == b.parent and kind(a) == kind(b)]


@pytest.mark.parametrize(("base", "profile"), NEIGHBOURS, ids=name)
def test_top_against_another_fixture(base, profile, ours):
    table = ours("top", "--by", "function", profile, "--base", base)
    assert rows(table) == rows(pprof("-top", "-hide", HIDE, "-base", base, profile))


_ROUTINE = re.compile(r"^ROUTINE =+ (.*) in (.*)$")
_LINE = re.compile(r"^ *(-?\d+|\.) +(-?\d+|\.) +(\d+):")


def counts(listing: str) -> dict:
    """By function and base name of its file: the sums of the head, and the counts of lines that have some."""
    found: dict = {}
    for line in listing.splitlines():
        if head := _ROUTINE.match(line):
            here = found.setdefault((head[1], Path(head[2]).name), {})
        elif "(flat, cum)" in line:
            here["sums"] = line.split()[:2]
        elif (row := _LINE.match(line)) and row[1] + row[2] != "..":
            here[int(row[3])] = (row[1], row[2])
    return found


@pytest.mark.parametrize("profile", PROFILES, ids=name)
def test_list(profile, ours):
    root = profile.parent.parent
    listing = ours("list", r"^main\.|queue", profile, "--root", root)
    assert counts(listing) == counts(pprof("-list", r"^main\.|queue", f"-source_path={root}", profile))
    assert counts(listing) or "goroutineleak" in profile.name


def test_list_of_libraries_without_their_source():
    profile = FIXTURES / "leaky" / "profiles" / "go1.27-goroutine.pb.gz"
    done = run("list", r"net/http\.\(\*conn\)", profile)
    assert counts(done.stdout)["net/http.(*conn).serve", "server.go"]["sums"] == ["0", "1"]
    assert "no source here" in done.stdout


def test_list_shows_the_lines_of_today(tmp_path):
    leaky = FIXTURES / "leaky"
    (tmp_path / "go.mod").write_text((leaky / "go.mod").read_text())
    text = (leaky / "main.go").read_text()
    (tmp_path / "main.go").write_text("// moved\n" * 30 + text)
    done = run("list", "myLeaky", leaky / "profiles" / "go1.27-goroutine.pb.gz", cwd=tmp_path)
    [line] = [line for line in done.stdout.splitlines() if "<-ch" in line]
    want = 30 + next(number for number, line in enumerate(text.splitlines(), 1) if "<-ch" in line)
    assert line.split()[:2] == [".", "135"] and f"{want}:" in line


def test_list_without_a_match_and_of_no_expression():
    profile = FIXTURES / "leaky" / "profiles" / "go1.27-goroutine.pb.gz"
    done = run("list", "nosuchfunction", profile)
    assert (done.returncode, done.stdout) == (1, f"Total: {total_of(profile)}\n")
    done = run("list", "(", profile)
    assert done.returncode == 2 and "is no regular expression" in done.stderr
