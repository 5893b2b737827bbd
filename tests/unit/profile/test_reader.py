"""Decoding in a worker process: the same result, killed in time, nothing inherited."""

import subprocess
import sys
import threading
import time

import pytest

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile import reader
from goleak_lsp.profile.formats import decode
from goleak_lsp.profile.reader import decode_in_worker
from goleak_lsp.profile.worker import Cancel

BLOCK = """\
goroutine {n} [chan receive]:
main.f{n}(0x1)
\t/src/main.go:{n} +0x1d
created by main.main in goroutine 1
\t/src/main.go:9 +0x1
"""


def dump(goroutines: int) -> bytes:
    return "\n".join(BLOCK.format(n=n) for n in range(1, goroutines)).encode()


@pytest.fixture
def always(monkeypatch):
    """Nothing is small enough to be decoded here."""
    monkeypatch.setattr(reader, "SMALL_TEXT", 10)
    monkeypatch.setattr(reader, "SMALL_BINARY", 10)


def test_small_input_starts_no_worker(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    assert decode_in_worker(dump(50)) == decode(dump(50))


def test_a_worker_gives_the_same_from_bytes_and_from_a_file(always, tmp_path):
    path = tmp_path / "dump"
    path.write_bytes(dump(500))
    assert decode_in_worker(dump(500)) == decode(dump(500))
    with path.open("rb", buffering=0) as file:
        assert decode_in_worker(file) == decode(dump(500))


def test_equal_frames_come_back_as_one_object(always):
    (profile,), _ = decode_in_worker(dump(5))
    assert profile.samples[0].created_by is profile.samples[1].created_by


def test_a_worker_s_error_is_the_decoder_s(always):
    with pytest.raises(ProfileError, match=r"^is no goroutine profile$"):
        decode_in_worker(b"x" * 100)


def test_a_worker_is_killed_at_its_deadline(always):
    begun = time.monotonic()
    with pytest.raises(ProfileError, match=r"takes longer than 0\.1 s"):
        decode_in_worker(dump(200_000), seconds=0.1)
    assert time.monotonic() - begun < 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process reliably")
def test_a_worker_s_memory_is_bounded(always):
    with pytest.raises(ProfileError, match=r"needs more than 120 MiB|ended by the system"):
        decode_in_worker(dump(300_000), memory=120 << 20, seconds=30)


def test_a_worker_can_be_cancelled_before_and_while_it_runs(always):
    cancel = Cancel()
    threading.Timer(0.05, cancel.cancel).start()
    with pytest.raises(ProfileError, match="cancelled"):
        decode_in_worker(dump(300_000), seconds=30, cancel=cancel)
    with pytest.raises(ProfileError, match="cancelled"):
        decode_in_worker(dump(100), cancel=cancel)


def test_the_protocol_s_streams_are_not_inherited(always):
    program = (
        "import sys; from goleak_lsp.profile import reader; reader.SMALL_TEXT = 1;"
        "p = b'goroutine 1 [select]:\\nmain.f()\\n\\t/m.go:1 +0x1\\n';"
        "print(reader.decode_in_worker(p)[0][0].total); print(sys.stdin.read())"
    )
    done = subprocess.run([sys.executable, "-c", program], input="rest", capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("1\nrest\n", "")


def test_a_worker_does_not_import_from_the_working_folder(always, tmp_path, monkeypatch):
    (tmp_path / "zlib.py").write_text("raise SystemExit(3)")
    (tmp_path / "pickle.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    assert decode_in_worker(dump(20))[0][0].total == 19


def test_progress_of_a_large_file_is_told(always, tmp_path):
    path, seen = tmp_path / "dump", []
    path.write_bytes(dump(60_000))
    with path.open("rb", buffering=0) as file:
        profiles, _ = decode_in_worker(file, seconds=60, progress=lambda done, size: seen.append((done, size)))
    assert profiles[0].total == 59_999
    assert seen and all(0 <= done <= size == path.stat().st_size for done, size in seen)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
