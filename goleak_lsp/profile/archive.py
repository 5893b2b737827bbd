"""Profiles in a tar or zip, as support bundles and continuous profilers save them."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

from goleak_lsp.errors import ProfileError
from goleak_lsp.profile.model import Profile
from goleak_lsp.profile.unpack import Unpacked

MAX_MEMBERS = 10_000
MAX_PROFILES = 1_000
MAX_MEMBER = 64 << 20
MAX_TOTAL = 256 << 20
MAX_ZIP = 96 << 20
# What the archive modules raise for archives that are damaged, besides their own errors.
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, OSError, EOFError,
            ValueError, OverflowError, NotImplementedError, RuntimeError, IndexError, KeyError)  # fmt: skip
# Most of a bundle is something else, which needs no word.
_NONE = ("is no goroutine profile", "is a profile of", "is empty", "is a program", "is an execution trace")

Members = Iterator[tuple[str, bytes]]


def decode(
    unpacked: Unpacked, kind: str, member: Callable[[bytes], tuple[tuple[Profile, ...], list[str]]]
) -> tuple[tuple[Profile, ...], list[str]]:
    """The profiles of all members that are profiles, by time if all have one, else in their order.

    ``member`` decodes the bytes of one. Raises ProfileError when there is no profile.
    """
    profiles: list[Profile] = []
    problems: list[str] = []
    files = 0
    try:
        for name, data in _tar(unpacked) if kind == "tar" else _zip(unpacked):
            files += 1
            try:
                found, wrong = member(data)
            except ProfileError as error:
                if not str(error).startswith(_NONE):
                    problems.append(f"{name} {error}")
                continue
            profiles += found
            problems += [f"{name}: {text}" for text in wrong]
            if len(profiles) > MAX_PROFILES:
                problems.append(f"holds more than {MAX_PROFILES:,} profiles: the others were left out")
                break
    except _DAMAGED:
        problems.append(f"is a damaged {kind}")
    if unpacked.problem:
        problems.append(unpacked.problem)
    if not profiles:
        raise ProfileError(problems[0] if problems else f"is a {kind} without a goroutine profile: {files:,} files")
    if all(profile.taken_at for profile in profiles):
        profiles.sort(key=lambda profile: profile.taken_at or 0)
    return tuple(profiles), problems


def _tar(unpacked: Unpacked) -> Members:
    total = 0
    with tarfile.open(fileobj=_Stream(unpacked), mode="r|") as archive:
        for count, info in enumerate(archive):
            if count >= MAX_MEMBERS or total > MAX_TOTAL:
                return
            # Sparse members say any size; only the bytes that are there are read.
            file = archive.extractfile(info) if info.isreg() and not info.issparse() else None
            if file is not None and info.size <= MAX_MEMBER:
                data = file.read(MAX_MEMBER)
                total += len(data)
                yield info.name, data
            # What was read is not needed again, and would be kept for every member.
            archive.members = []


def _zip(unpacked: Unpacked) -> Members:
    total = 0
    with zipfile.ZipFile(io.BytesIO(unpacked.whole(MAX_ZIP))) as archive:
        for info in archive.infolist()[:MAX_MEMBERS]:
            if info.is_dir() or total > MAX_TOTAL:
                continue
            with archive.open(info) as file:
                data = file.read(MAX_MEMBER + 1)
            total += len(data)
            if len(data) <= MAX_MEMBER:
                yield info.filename, data


class _Stream(io.RawIOBase):
    """Pieces as a file that is read once from its beginning."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
