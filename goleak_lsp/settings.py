"""The settings, section ``goleak``; the docstring under a field is its documentation."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Evidence:
    """Thresholds of evidence."""

    growing: int = 5
    """Goroutines more than the base at which a place counts as growing."""
    crowded: int = 100
    """Goroutines at one place, whatever they wait for, at which their number is reported."""
    stuckMinutes: int = 10
    """Minutes of waiting after which a wait that ought to end is reported."""


@dataclass(frozen=True, slots=True)
class Poll:
    """How live sources are read."""

    interval: float = 15
    """Seconds between snapshots of a live source; 0 reads only on `goleak.refresh`."""


@dataclass(frozen=True, slots=True)
class Severity:
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


@dataclass(frozen=True, slots=True)
class CodeLens:
    """Counts above the lines."""

    enabled: bool = True
    """Whether lenses are shown."""
    scope: str = "findings"
    """`findings`: only where something is wrong; `all`: every placed operation."""
    minimum: int = 1
    """Goroutines below which a place gets no lens or hint."""


@dataclass(frozen=True, slots=True)
class InlayHints:
    """Counts at the ends of lines."""

    enabled: str = "auto"
    """`auto`: only for editors without lenses; `on`; `off`."""


@dataclass(frozen=True, slots=True)
class Fixes:
    """Quick fixes."""

    verify: bool = True
    """Whether a fix is built and vetted before it is preferred."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    sources: tuple = ()
    """Where profiles come from: addresses, files and globs, or objects with `name`, `url`, `headers`."""
    baseline: str | None = None
    """A source that growth is counted against."""
    poll: Poll = field(default_factory=Poll)
    evidence: Evidence = field(default_factory=Evidence)
    severity: Severity = field(default_factory=Severity)
    codeLens: CodeLens = field(default_factory=CodeLens)
    fixes: Fixes = field(default_factory=Fixes)
    inlayHints: InlayHints = field(default_factory=InlayHints)
    ignore: tuple = ()
    """Rules `{function, file, createdBy, label, reason}` (globs) for findings to leave out."""
    pathMap: tuple = ()
    """Pairs `{from, to}` of path prefixes, tried before the automatic mapping."""
    trace: str = "off"
    """What goes to the log: `off`, `messages`, `verbose`."""
