"""`fix`: one diff that git applies, or files written together, and a word about what was left."""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.commands import LEAK, run

from goleak_lsp.golang.syntax import GoFile
from goleak_lsp.profile import profile_pb2
from goleak_lsp.text import LineIndex

SENDER = """package main

import "errors"

func ask(fail bool) (int, error) {
	ch := make(chan int)
	go func() {
		if fail {
			ch <- 1 // first
			return
		}
		ch <- 2 // second
	}()
	if fail {
		return 0, errors.New("late")
	}
	return <-ch, nil
}

func main() {
	ask(true)
}
"""
TWO = """package main

import "context"

func main() {
	work(context.Background(), nil)
}

func work(ctx context.Context, values []int) {
	out := make(chan int)
	in := make(chan int)
	go func() {
		for range values {
			in <- <-out // first
		}
	}()
	println(<-in)
	wait(ctx)
}

func wait(ctx context.Context) {
	ready := make(chan bool)
	<-ready // second
}
"""


PARKED = {"chan send": "runtime.chansend1", "chan receive": "runtime.chanrecv1"}


def dump(path: Path, *places: tuple[str, str, str, str]) -> str:
    """A leak profile with a goroutine for every (state, function, file, marked text)."""
    strings = ["", "goroutineleak", "count"]
    message = profile_pb2.Profile()
    message.sample_type.add(type=1, unit=2)

    def location(function: str, file: str, line: int, start: int) -> int:
        number = len(message.location) + 1
        strings.extend((function, file))
        message.function.add(id=number, name=len(strings) - 2, filename=len(strings) - 1, start_line=start)
        message.location.add(id=number).line.add(function_id=number, line=line)
        return number

    for state, function, name, mark in places:
        data = (path / name).read_bytes()
        line = LineIndex(data).line_of(data.index(mark.encode()))
        start = next(f.line for f in GoFile.parse(data).functions if f.name == function)
        parked = location(PARKED[state], "/go/src/runtime/chan.go", 20, 10)
        blocked = location(f"main.{function}", f"/src/app/{name}", line, start)
        message.sample.add(location_id=[parked, blocked], value=[1])
    message.string_table.extend(strings)
    (path / "leak.pb").write_bytes(message.SerializeToString())
    return "leak.pb"


@pytest.fixture
def app(tmp_path) -> Path:
    """An empty module under git."""
    root = tmp_path / "app"
    root.mkdir()
    (root / "go.mod").write_text("module app\n\ngo 1.22\n")
    git(root, "init", "-q")
    return root


def git(root: Path, *arguments: str, data: bytes | None = None) -> None:
    subprocess.run(["git", *arguments], cwd=root, input=data, check=True, capture_output=True)


def fix(root: Path, *arguments: str, status: int = 0):
    done = run("fix", *arguments, cwd=root, text=False)
    assert done.returncode == status, done.stderr
    return done


def test_the_diff_is_what_git_applies(tmp_path):
    root = tmp_path / "leaky"
    shutil.copytree(LEAK.parents[1], root)
    done = fix(root, str(LEAK))
    git(root, "apply", data=done.stdout)
    assert "case <-ctx.Done():" in (root / "main.go").read_text()
    assert b"135 goroutines leaked: Return when ctx is done (done-case)" in done.stderr


def test_the_diff_applies_in_a_folder_of_a_repository(tmp_path):
    """Root and module are below the top of the repository, and a name on the way holds a space."""
    root = tmp_path / "all of it" / "services" / "app"
    (root / "in ner").mkdir(parents=True)
    git(tmp_path / "all of it", "init", "-q")
    (root / "go.mod").write_text("module app\n\ngo 1.22\n")
    (root / "in ner" / "main.go").write_text(SENDER)
    source = dump(root, ("chan send", "ask.func1", "in ner/main.go", "ch <- 1"))
    git(root, "apply", data=fix(root, source).stdout)
    assert (root / "in ner" / "main.go").read_text() == SENDER.replace("make(chan int)", "make(chan int, 1)")
    (root / "in ner" / "main.go").write_text(SENDER)
    # As seen from the root, wherever the command was run.
    done = run("fix", str(root / source), "--root", str(root), cwd=tmp_path, text=False)
    git(root, "apply", data=done.stdout)
    assert (root / "in ner" / "main.go").read_text() == SENDER.replace("make(chan int)", "make(chan int, 1)")


def test_write_does_what_the_diff_does(app):
    (app / "main.go").write_text(SENDER)
    source = dump(app, ("chan send", "ask.func1", "main.go", "ch <- 1"))
    diff = fix(app, source).stdout
    assert fix(app, source, "--write").stdout == b""
    written = (app / "main.go").read_text()
    (app / "main.go").write_text(SENDER)
    git(app, "apply", data=diff)
    assert (app / "main.go").read_text() == written == SENDER.replace("make(chan int)", "make(chan int, 1)")


def test_one_fix_answers_two_findings(app):
    (app / "main.go").write_text(SENDER)
    places = [("chan send", "ask.func1", "main.go", f"ch <- {n}") for n in (1, 2)]
    done = fix(app, dump(app, *places))
    assert done.stdout.count(b"make(chan int, 1)") == 1
    assert done.stderr.count(b"(buffer-of-one)") == 2


def test_fixes_of_one_file_are_applied_one_after_another(app):
    (app / "main.go").write_text(TWO)
    places = [("chan send", "work.func1", "main.go", "in <- <-out"), ("chan receive", "wait", "main.go", "<-ready //")]
    fix(app, dump(app, *places), "--all", "--write")
    text = (app / "main.go").read_text()
    assert text.count("select {") == 2
    assert subprocess.run(["gofmt", "-l", "."], cwd=app, capture_output=True, text=True).stdout == ""
    subprocess.run(["go", "vet", "./..."], cwd=app, check=True)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_line_breaks_and_a_missing_last_one_are_kept(app, end):
    data = SENDER.rstrip("\n").encode().replace(b"\n", end)
    (app / "main.go").write_bytes(data)
    done = fix(app, dump(app, ("chan send", "ask.func1", "main.go", "ch <- 1")))
    git(app, "apply", "--whitespace=nowarn", data=done.stdout)
    assert (app / "main.go").read_bytes() == data.replace(b"make(chan int)", b"make(chan int, 1)")


def test_what_is_left_is_said_and_fails(app):
    (app / "main.go").write_text("package main\n\nfunc main() {}\n\nfunc put(ch chan int) {\n\tch <- 1\n}\n")
    before = (app / "main.go").read_bytes()
    done = fix(app, dump(app, ("chan send", "put", "main.go", "ch <- 1")), "--write", status=1)
    assert done.stderr.startswith(b"goleak-lsp: left: main.go:6: 1 goroutine leaked: no fix is safe, but: Give up")
    assert (app / "main.go").read_bytes() == before


def test_only_takes_what_is_named(app):
    (app / "main.go").write_text(SENDER)
    source = dump(app, ("chan send", "ask.func1", "main.go", "ch <- 1"))
    assert b"time.After" in fix(app, source, "--only", "timeout-case", "--all").stdout
    assert fix(app, source, "--only", "defer-unlock", status=1).stdout == b""
    assert b"there are: " in fix(app, source, "--only", "no-such", status=2).stderr


THREAD = """package main

import "context"

func serve(ctx context.Context, jobs chan int) {
	enqueue(jobs, 1)
}

func enqueue(jobs chan int, job int) {
	jobs <- job
}

func main() {
	serve(context.Background(), make(chan int))
}
"""


def test_what_a_test_calls_keeps_its_parameters(app):
    (app / "main.go").write_text(THREAD)
    source = dump(app, ("chan send", "enqueue", "main.go", "jobs <- job"))
    given = (source, "--only", "thread-context", "--all", "--no-verify")
    assert b"+func enqueue(ctx context.Context, jobs chan int, job int) {" in fix(app, *given).stdout
    head = 'package main\n\nimport "testing"\n\nfunc TestEnqueue(t *testing.T) { '
    (app / "main_test.go").write_text(f"{head}enqueue(make(chan int, 1), 2) }}\n")
    assert fix(app, *given, status=1).stdout == b""


def test_without_go_it_says_so_and_goes_on(app):
    (app / "main.go").write_text(SENDER)
    source = dump(app, ("chan send", "ask.func1", "main.go", "ch <- 1"))
    done = run("fix", source, cwd=app, env={"PATH": str(app)}, text=False)
    assert (done.returncode, b"make(chan int, 1)" in done.stdout) == (0, True)
    assert b"not verified: there is no go command" in done.stderr


def test_a_tree_that_does_not_build_is_fixed_and_said(app):
    (app / "main.go").write_text(SENDER)
    (app / "other.go").write_text("package main\n\nvar x = missing\n")
    done = fix(app, dump(app, ("chan send", "ask.func1", "main.go", "ch <- 1")))
    assert b"not verified: the package does not build as it is" in done.stderr


def test_no_leak_no_diff(app):
    (app / "main.go").write_text(SENDER)
    (app / "dump.txt").write_text("goroutine 1 [running]:\nmain.main()\n\t/src/app/main.go:20 +0x1d\n")
    done = fix(app, "dump.txt")
    assert (done.stdout, done.stderr) == (b"", b"goleak-lsp: no leak found\n")


def test_a_source_that_cannot_be_read(app):
    assert fix(app, "missing.txt", status=2).stdout == b""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: "// Code generated by hand. DO NOT EDIT.\n\n" + text, "main.go is generated: DO NOT EDIT"),
        (lambda text: "//go:build special\n\n" + text, "main.go is left out of the build here (special)"),
        (lambda text: text.replace('import "errors"', 'import "C"\nimport "errors"'), "main.go uses cgo"),
        (lambda text: text + "\nfunc broken( {\n", "main.go has syntax errors"),
    ],
    ids=["generated", "build tag", "cgo", "syntax errors"],
)
def test_a_file_that_is_not_edited_says_why(app, change, reason):
    (app / "main.go").write_text(change(SENDER))
    done = fix(app, dump(app, ("chan send", "ask.func1", "main.go", "ch <- 1")), "--no-verify", status=1)
    assert done.stdout == b""
    assert f": {reason}\n".encode() in done.stderr
