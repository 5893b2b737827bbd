"""Marker archives: Go files that say what blocks where, and what an editor must show there.

An archive is text: ``-- NAME --`` begins a file, what stands before the first is for people.
Files that end in ``.go`` are one package; ``settings.json`` holds settings of the section;
``steps`` the changes that are made afterwards, one Python call a line; ``N.FIX.diff`` what the
N-th ``fix`` marker's edit changes.

Markers about the profile:

``leaked(40, "chan receive")``
    40 goroutines with this wait reason that the runtime proved to be leaked.
``parked(40, "chan receive", minutes=12)``
    40 that it did not. Both take ``function`` (the name in the package, where the line is in
    another one than it begins in), ``labels``, ``by`` (the name of who started them) and
    ``second=True`` where the runtime's second form of a receive is called (``v, ok``, range,
    select of one case).
``started``, ``started("name")``
    The ``go`` statement of those goroutines; the only one of an archive needs no name.

Markers about what is seen, all of a line, extras fail:

``lens("40 goroutines blocked here")``
    What a lens shows, and a hint in editors without lenses.
``diagnostic("chan-receive", "warning", "40 goroutines blocked here", at="<-ch")``
    Code, severity, how the message begins, and the text where its range begins.
``hover("a", "b")``
    What the page holds.
``fix("done-case", "Return when ctx is done", preferred=True)``, ``nofix("done-case")``
    What is offered, and what must not be.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from support.markers import Marker, markers

FOLDER = Path(__file__).parents[1] / "markers"
_SECTION = re.compile(r"^-- (.+) --\n", re.MULTILINE)


@dataclass(frozen=True)
class Archive:
    """One archive as it is written."""

    path: Path
    comment: str
    files: dict[str, str] = field(hash=False)

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def settings(self) -> dict:
        return json.loads(self.files.get("settings.json", "{}"))

    @property
    def steps(self) -> list[tuple[str, tuple]]:
        """The changes: ``edit(old, new)``, ``whole(old, new)``; and ``crlf()`` for the line breaks."""
        calls = [ast.parse(row, mode="eval").body for row in self.files.get("steps", "").splitlines() if row]
        return [(call.func.id, tuple(ast.literal_eval(a) for a in call.args)) for call in calls]

    @property
    def sources(self) -> dict[str, bytes]:
        """The Go files, with the line breaks that the archive asks for."""
        crlf = ("crlf", ()) in self.steps
        found = {name: text.encode() for name, text in self.files.items() if name.endswith(".go")}
        return {name: data.replace(b"\n", b"\r\n") if crlf else data for name, data in found.items()}

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """The steps that change the text: (verb, old, new)."""
        return [(verb, *arguments) for verb, arguments in self.steps if verb != "crlf"]

    def marked(self) -> list[tuple[str, Marker]]:
        """Every marker with its file."""
        return [(name, marker) for name, data in self.sources.items() for marker in markers(data)]

    def write(self, root: Path) -> None:
        """Writes the package into a folder of its own name."""
        (root / self.name).mkdir(parents=True)
        for name, data in self.sources.items():
            (root / self.name / name).write_bytes(data)

    def save(self, files: dict[str, str]) -> None:
        """Writes the archive anew with other files."""
        parts = [f"-- {name} --\n{text}" for name, text in files.items()]
        self.path.write_bytes((self.comment + "".join(parts)).encode())


def read(path: Path) -> Archive:
    """The archive in a file."""
    comment, *parts = _SECTION.split(path.read_bytes().decode())
    return Archive(path, comment, dict(zip(parts[::2], parts[1::2], strict=True)))


def archives() -> list[Archive]:
    """All archives, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.txtar"))]


def module(root: Path, found: list[Archive]) -> None:
    """Writes a module in which every archive is a package."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "go.mod").write_text("module example.com/markers\n\ngo 1.26\n")
    for archive in found:
        archive.write(root)
