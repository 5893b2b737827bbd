"""The settings, section ``goleak``; the docstring under a field is its documentation."""

from __future__ import annotations

from pathlib import Path

from goleak_lsp.frozen import Frozen


class Evidence(Frozen):
    """Thresholds of evidence."""

    growing: int = 5
    """Goroutines more than the base at which a place counts as growing."""
    crowded: int = 100
    """Goroutines at one place, whatever they wait for, at which their number is reported."""
    stuckMinutes: int = 10
    """Minutes of waiting after which a wait that ought to end is reported."""


class Poll(Frozen):
    """How live sources are read."""

    interval: float = 15
    """Seconds between snapshots of a live source; 0 reads only on `goleak.refresh`."""


class Severity(Frozen):
    """How a diagnostic of each evidence is shown: error, warning, information, hint or off."""

    leaked: str = "warning"
    """Goroutines that the runtime proved can never wake."""
    deadlock: str = "warning"
    """Goroutines that hold each other."""
    orphaned: str = "warning"
    """Goroutines that nobody is left to wake, as the source shows."""
    growing: str = "warning"
    """Goroutines whose number only ever rises."""
    stuck: str = "information"
    """Goroutines that wait longer than such a wait ought to last."""
    crowded: str = "information"
    """Many goroutines at one place: a number, no verdict."""


class CodeLens(Frozen):
    """Counts above the lines."""

    enabled: bool = True
    """Whether lenses are shown."""
    scope: str = "findings"
    """`findings`: only where something is wrong; `all`: every placed operation."""
    minimum: int = 1
    """Goroutines below which a place gets no lens or hint."""


class InlayHints(Frozen):
    """Counts at the ends of lines."""

    enabled: str = "auto"
    """`auto`: only for editors without lenses; `on`; `off`."""


class Fixes(Frozen):
    """Quick fixes."""

    verify: bool = True
    """Whether a fix is built and vetted before it is preferred."""


class Settings(Frozen):
    """Everything that can be set."""

    sources: tuple = ()
    """Where profiles come from: addresses, files and globs, or objects with `name`, `url`, `headers`."""
    baseline: str | None = None
    """A source that growth is counted against."""
    poll: Poll = Poll()
    evidence: Evidence = Evidence()
    severity: Severity = Severity()
    codeLens: CodeLens = CodeLens()
    fixes: Fixes = Fixes()
    inlayHints: InlayHints = InlayHints()
    ignore: tuple = ()
    """Rules `{function, file, createdBy, label, reason}` (globs) for findings to leave out."""
    pathMap: tuple = ()
    """Pairs `{from, to}` of path prefixes, tried before the automatic mapping."""
    trace: str = "off"
    """What goes to the log: `off`, `messages`, `verbose`."""


SECTION = "goleak"
FILE_NAME = ".goleak.toml"
"""The settings of a workspace, in its root; an editor's own win over them."""

MAX_FILE = 1 << 20


def read_file(path: Path) -> tuple[dict, list[str]]:
    """The table in a settings file, and what is wrong with it; empty where there is none.

    The settings stand at the top of the file, or all of them in a table with the section's name.
    """
    try:
        if not path.is_file():
            return {}, []
        # Most workspaces have none, and the parser costs 4 ms to import.
        import tomllib

        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            return {}, [f"{path.name} is larger than {MAX_FILE >> 20} MiB"]

        return _section(tomllib.loads(data.decode())), []
    except (OSError, ValueError, RecursionError) as error:
        return {}, [f"{path.name} cannot be read: {error}"]


def _section(table: dict) -> dict:
    inner = table.get(SECTION)
    return inner if set(table) == {SECTION} and isinstance(inner, dict) else table


def parse(data: object, base: Settings | None = None) -> tuple[Settings, list[str]]:
    """``base`` with what ``data``, a nested table, sets; and what in it cannot be used.

    None and an empty table change nothing; a wrong value leaves the setting as it was.
    """
    base = base or Settings()
    if data is None:
        return base, []
    if not isinstance(data, dict):
        return base, [f"the section {SECTION} is not a table"]
    problems: list[str] = []
    return _fill(base, data, SECTION, problems), problems


def _fill(base, data: dict, where: str, problems: list[str]):
    known = base._asdict()
    changed = {}
    for name, value in data.items():
        if name not in known:
            problems.append(f"{where}.{name} is not a setting")
            continue
        old = known[name]
        if hasattr(old, "_asdict") and isinstance(value, dict):
            changed[name] = _fill(old, value, f"{where}.{name}", problems)
        elif value is not None and (checked := _checked(name, old, value)) is not None:
            changed[name] = checked
        elif value is not None or old is not None:
            problems.append(f"{where}.{name} cannot be {value!r:.60}")
    return base._replace(**changed)


_CHOICES = {
    **dict.fromkeys(("leaked", "deadlock", "orphaned", "stuck"), ("error", "warning", "information", "hint", "off")),
    "scope": ("findings", "all"),
    "trace": ("off", "messages", "verbose"),
}


def _checked(name: str, old: object, value: object) -> object:
    """``value`` as the setting's type, or None when it is not of it."""
    if hasattr(old, "_asdict"):
        return None
    if isinstance(old, tuple):
        return tuple(value) if isinstance(value, list | tuple) else None
    if isinstance(old, bool):
        return value if isinstance(value, bool) else None
    if isinstance(old, int | float):
        number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**9
        return value if number else None
    if not isinstance(value, str):
        return None
    if name in ("growing", "crowded"):
        return value if value in _CHOICES["leaked"] else None
    return value if value in _CHOICES.get(name, (value,)) else None
