"""Diffs that git takes whatever the names and contents, and files written together or not at all."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goleak_lsp.errors import GoleakError
from goleak_lsp.fixes.patch import diff, write_all

LINES = st.lists(st.sampled_from([b"a", b"", b"b\r", b"\xff\x0c", b"\xe2\x80\xa8x", b"\tq"]), max_size=12)


def apply(root: Path, name: str, old: bytes, new: bytes) -> bytes:
    (root / name).write_bytes(old)
    command = ["git", "apply", "--whitespace=nowarn", "--allow-empty"]
    subprocess.run(command, cwd=root, input=diff(name, old, new), check=True, capture_output=True)
    return (root / name).read_bytes()


@pytest.fixture
def repository(tmp_path) -> Path:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="such names do not exist there")
@pytest.mark.parametrize("name", ["with space.go", "wéird.go", 'quo"te.go', "tab\tin.go", "back\\slash.go"])
def test_names_that_git_quotes(repository, name):
    assert apply(repository, name, b"one\ntwo\n", b"one\n2\n") == b"one\n2\n"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, LINES, st.booleans(), st.booleans())
def test_any_contents(repository, old, new, old_ends, new_ends):
    before = b"\n".join([b"first", *old]) + b"\n" * old_ends
    after = b"\n".join([b"second", *new]) + b"\n" * new_ends
    assert apply(repository, "x.go", before, after) == after


@pytest.fixture
def files(tmp_path) -> dict[Path, bytes]:
    old = {tmp_path / "a.go": b"a", tmp_path / "b.go": b"b"}
    for path, data in old.items():
        path.write_bytes(data)
        path.chmod(0o640)
    return old


def state(files: dict[Path, bytes]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(next(iter(files)).parent.iterdir())}


def test_all_files_are_written(files):
    write_all(files, {path: data * 2 for path, data in files.items()})
    assert state(files) == {"a.go": b"aa", "b.go": b"bb"}
    assert [path.stat().st_mode & 0o777 for path in files] == [0o640] * 2


def test_a_file_that_has_changed_meanwhile_stops_all(files):
    (last := list(files)[-1]).write_bytes(b"other")
    with pytest.raises(GoleakError, match="has changed meanwhile"):
        write_all(files, {path: data * 2 for path, data in files.items()})
    assert state(files) == {"a.go": b"a", last.name: b"other"}


def test_a_file_that_is_read_only_stops_all(files):
    (last := list(files)[-1]).chmod(0o440)
    with pytest.raises(GoleakError, match=f"{last.name} is read-only; nothing was written"):
        write_all(files, {path: data * 2 for path, data in files.items()})
    assert state(files) == {"a.go": b"a", "b.go": b"b"}
    assert last.stat().st_mode & 0o777 == 0o440


def test_a_failure_in_the_middle_undoes_the_rest(files, monkeypatch):
    replace = os.replace

    def failing(source, target):
        if Path(target).name == "b.go":
            raise PermissionError(13, "Permission denied", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(GoleakError, match="nothing was written"):
        write_all(files, {path: data * 2 for path, data in files.items()})
    assert state(files) == {"a.go": b"a", "b.go": b"b"}
