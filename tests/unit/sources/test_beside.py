"""Binaries that lie beside profiles, and what only looks like one."""

from __future__ import annotations

import os

import pytest

from goleak_lsp.profile import profile_pb2, protobuf
from goleak_lsp.sources.beside import revisions_beside

COMMIT = "5f2d1c0b9a8e7f6d5c4b3a29181716151413121f"
MAGIC = b"\xff Go buildinf:"


def binary(modules: str, at: int = 64, flags: int = 2) -> bytes:
    """A file with the blob of a build, as Go's linker lays it out."""

    def text(data: bytes) -> bytes:
        length, low = len(data), []
        while length >= 0x80:
            low.append(length & 0x7F | 0x80)
            length >>= 7
        return bytes([*low, length]) + data

    blob = MAGIC + bytes([8, flags]) + bytes(16) + text(b"go1.26.1") + text(b"\0" * 16 + modules.encode() + b"\1" * 16)
    return b"\x7fELF" + bytes(at - 4) + blob + bytes(64)


def put(folder, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    (folder / name).chmod(0o755)


TOLD = f"path\texample.com/app\nmod\texample.com/app\tv1.4.2\th1:abc=\nbuild\tvcs.revision={COMMIT}\n"


def test_commit_and_version_are_read(tmp_path):
    put(tmp_path, "app", binary(TOLD))
    assert revisions_beside(str(tmp_path / "p.pb.gz"), "app") == (COMMIT, "v1.4.2")
    assert revisions_beside(str(tmp_path / "dump.txt"), "") == (COMMIT, "v1.4.2")


def test_of_two_binaries_the_named_one_counts_and_else_none(tmp_path):
    put(tmp_path, "app", binary(TOLD))
    put(tmp_path, "other", binary(TOLD.replace("v1.4.2", "v9.0.0")))
    assert revisions_beside(str(tmp_path / "p.pb.gz"), "app") == (COMMIT, "v1.4.2")
    assert revisions_beside(str(tmp_path / "p.pb.gz"), "gone") == ()


@pytest.mark.parametrize("data", [
    b"", b"\x7fELF", b"\x7fELF" + MAGIC, binary(TOLD, at=65), binary(TOLD, flags=0), binary("(devel)"), binary(""),
    binary(TOLD)[:100], binary(TOLD)[:130], b"#!/bin/sh\n" + binary(TOLD), MAGIC * 1000,
    b"\x7fELF" + bytes(60) + MAGIC + b"\x08\x02" + bytes(16) + b"\xff" * 40,
], ids=range(12))  # fmt: skip
def test_what_is_no_build_tells_nothing(tmp_path, data):
    put(tmp_path, "app", data)
    assert revisions_beside(str(tmp_path / "p.pb.gz"), "app") == ()


def test_a_pipe_and_a_folder_of_that_name_are_left_alone(tmp_path):
    os.mkfifo(tmp_path / "app")
    (tmp_path / "dir").mkdir()
    for name in ("app", "dir", "../app", "a\0b"):
        assert revisions_beside(str(tmp_path / "p.pb.gz"), name) == ()


def test_comments_and_build_ids_of_a_profile_tell_commits():
    message = profile_pb2.Profile()
    message.string_table.extend(["", "goroutine", "count", "/srv/bin/app", COMMIT, "built of v2.3.4-rc.1 by hand"])
    message.sample_type.add(type=1, unit=2)
    message.mapping.add(id=1, filename=3, build_id=4)
    message.comment.append(5)
    [profile], problems = protobuf.decode(message.SerializeToString())
    assert (profile.program, profile.revisions, problems) == ("app", (COMMIT, "v2.3.4-rc.1"), [])
