"""Whatever it is given, every command ends in time with one clear line and no traceback."""

import gzip
import os
import signal
import subprocess

import pytest
from support.commands import LEAK, LEAKY, PLAIN, PROGRAM, report, run

from goleak_lsp.profile import profile_pb2

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has none of these")
READING = [("check",), ("top",)]


def fatal(done) -> str:
    """The one line that a failed command says."""
    assert done.returncode == 2, (done.stdout, done.stderr)
    [line] = done.stderr.splitlines()
    assert len(line) <= 600 and line.isprintable(), line
    return line


@POSIX
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_what_is_no_file(command, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    for name, reason in (
        ("fifo", "is a FIFO, not a file"), (".", "is a directory"), ("/dev/zero", "is a socket or device"),
        ("loop", "cannot be read"), ("none", "does not exist"),
    ):  # fmt: skip
        assert reason in fatal(run(*command, name, cwd=tmp_path))


@POSIX
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_standard_input_without_an_end(command):
    with open("/dev/zero", "rb") as endless:
        assert "is larger than" in fatal(run(*command, "-", stdin=endless))
    reader, writer = os.pipe()
    try:
        assert "did not end in time" in fatal(run(*command, "-", stdin=reader))
    finally:
        os.close(writer)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (gzip.compress(bytes(300 << 20), 1), "is no goroutine profile"),
        (PLAIN.read_bytes()[:-9], "is cut off"),
        (b"goroutine 1 [chan receive, " + b"9" * 5000 + b" minutes]:\nmain.f()\n\tx.go:" + b"1" * 5000 + b"\n", ""),
        (b"goroutine 1 [" + b"x" * (1 << 20), ""),
        (b"\x1b]0;title\x07goroutine profile", "goroutine"),
    ],
    ids=["empty", "bomb", "cut", "huge numbers", "endless header", "escape codes"],
)
def test_hostile_bytes(body, reason, tmp_path):
    (tmp_path / "p").write_bytes(body)
    done = run("check", "p", cwd=tmp_path)
    assert done.returncode in (0, 2)
    assert reason in done.stderr
    assert (done.stdout + done.stderr).replace("\n", "").isprintable()


def test_a_small_profile_of_very_many_frames(tmp_path):
    """Every sample refers to the same long location again and again."""
    message = profile_pb2.Profile()
    message.string_table.extend(["", "goroutine", "count", "main.f", "main.go"])
    message.sample_type.add(type=1, unit=2)
    message.function.add(id=1, name=3, filename=4)
    location = message.location.add(id=1)
    for _ in range(20_000):
        location.line.add(function_id=1, line=1)
    for _ in range(20):
        message.sample.add(location_id=[1] * 20_000, value=[1])
    (tmp_path / "p").write_bytes(gzip.compress(message.SerializeToString()))
    for command in (("check", "p"), ("top", "p", "--by", "function"), ("flame", "p", "-o", "f.html")):
        assert run(*command, cwd=tmp_path).returncode in (0, 2)


@POSIX
def test_unreadable_files_and_folders(tmp_path):
    if os.getuid() == 0:
        # Nothing is unreadable to root, so another user's eyes are needed.
        pytest.importorskip("pwd")
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "secret").chmod(0)
    line = fatal(run("check", "secret", cwd=tmp_path))
    assert "cannot be read" in line or "is no goroutine profile" in line


def test_the_root(tmp_path):
    (tmp_path / "file").write_text("x")
    assert "is no folder" in fatal(run("check", PLAIN, "--root", tmp_path / "file"))
    assert "is no folder" in fatal(run("check", PLAIN, "--root", tmp_path / "none"))
    assert "File name too long" in fatal(run("check", PLAIN, "--root", "a\u202eb" * 500))
    assert "--root" in fatal(run("check", PLAIN, "--root"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("chekc",), ("check",), ("check", "--no-such-option", PLAIN), ("check", PLAIN, "--format", "xml"),
        ("check", PLAIN, "--fail-on", "nothing"), ("check", PLAIN, "--header", "no colon"), ("check", "@nobody"),
        ("check", "-", "-"), ("check", PLAIN, "--config", "none.toml"), ("top", PLAIN, "--by", "colour"),
        ("serve", "--tcp", "0.0.0.0:1"), ("x" * 5000,), ("check", "http://["), ("check", "unix:"),
    ],
    ids=lambda arguments: " ".join(map(str, arguments))[:40],
)  # fmt: skip
def test_bad_usage_is_one_line(arguments):
    fatal(run(*arguments))


def test_options_and_sources_stand_in_any_order():
    after = run("check", PLAIN, "--format", "json", LEAK, "--fail-on", "never")
    before = run("check", "--format=json", "--fail-on=never", "--", PLAIN, LEAK)
    assert (after.returncode, after.stdout) == (0, before.stdout)
    assert "--help does not exist" in fatal(run("check", "--", "--help"))


def test_a_near_miss_is_told_what_was_meant():
    assert "did you mean check?" in fatal(run("chekc"))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
@pytest.mark.parametrize("arguments", [("demo",), ("check", PLAIN), ("check", "n\u00f6\u4e2d"), ("--help",)])
def test_consoles_of_few_characters(encoding, arguments):
    done = run(*arguments, env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}, text=False)
    assert done.returncode in (0, 1, 2)
    assert b"Traceback" not in done.stderr
    assert b"135" in done.stdout or done.returncode != 1


@POSIX
def test_file_names_that_are_no_text(tmp_path):
    name = os.fsdecode(b"caf\xe9\x1b[31m.pb")
    (tmp_path / name).write_bytes(PLAIN.read_bytes())
    whole = report("*.pb", cwd=tmp_path)
    assert whole["sources"][0]["source"] == name
    assert "\x1b" not in run("check", name, "none\x1b", cwd=tmp_path).stderr
    (tmp_path / name).write_bytes(b"x")
    assert "caf" in fatal(run("check", name, cwd=tmp_path))


@pytest.mark.parametrize("columns", ["0", "1", "-5", "99999999999999999999", "x"])
def test_any_width_of_the_terminal(columns):
    for arguments in (("check", PLAIN), ("check", "--help"), ("top", PLAIN)):
        done = run(*arguments, env={"COLUMNS": columns})
        assert done.returncode in (0, 1) and done.stdout


def test_help_and_version():
    for arguments in (("--help",), ("-h",), ("help",)):
        done = run(*arguments)
        assert done.returncode == 0
        assert "examples:" in done.stdout and "goleak-lsp check http://localhost:6060" in done.stdout
    assert run("help", "check").stdout == run("check", "--help").stdout
    assert run("--version").stdout.startswith("goleak-lsp ")


@POSIX
def test_an_interrupt_ends_without_a_traceback():
    # Shells have what they start in the background ignore interrupts, and so would all below it.
    process = subprocess.Popen(
        [PROGRAM, "check", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=LEAKY,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    with process:
        # It waits for input once the thread that reads is there.
        while len(os.listdir(f"/proc/{process.pid}/task")) < 2:
            assert process.poll() is None
        process.send_signal(2)
        _, complaint = process.communicate(timeout=10)
    assert process.returncode == 130
    assert b"Traceback" not in complaint
